import Foundation
import TestSupport
import Testing

/// `scripts/install` and `scripts/uninstall`, with small programs in place of the built ones, and what the
/// README says of them.
@Suite struct InstallTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    for name in ["hark", "harkd", "hark-worker"] {
      try program(
        "built/\(name)",
        """
        case $1 in
          --experimental-dump-help) echo '{"command":{"abstract":"Listen."}}' ;;
          *) echo "# $*" ;;
        esac
        """)
    }
    // A script cannot be stripped.
    try program("tools/strip", "")
    try program("tools/systemctl", "echo \"$*\" >>\(directory("systemctl.log").path)")
  }

  private func program(_ name: String, _ text: String) throws {
    let url = directory(name)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data("#!/bin/sh\n\(text)\n".utf8).write(to: url)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: url.path)
  }

  /// Runs a program with the stand-ins before the system's own.
  private func run(
    _ name: String, _ arguments: [String] = [], _ environment: [String: String] = [:]
  ) throws -> Tool.Outcome {
    let path = ProcessInfo.processInfo.environment["PATH"] ?? ""
    let ours = [
      "PATH": "\(directory("tools").path):\(path)", "BUILT": directory("built").path,
      "DESTDIR": "", "PREFIX": "", "SYSCONFDIR": "", "SYSTEMDDIR": "",
    ]
    return try Tool.run(name, arguments, environment: ours.merging(environment) { $1 })
  }

  private func script(
    _ name: String, _ environment: [String: String] = [:]
  ) throws -> Tool.Outcome {
    try run(Repository.root.appendingPathComponent("scripts/\(name)").path, [], environment)
  }

  /// Without settings of the user's own, harkd would listen to the machine's folders.
  @Test func theUsersOwnFilesAreListenedTo() throws {
    let readme = try Repository.text("README.md")
    let block = try #require(
      readme.matches(of: /(?ms)^```sh\n(.*?)^```$/).map { String($0.1) }
        .first { $0.contains("systemctl --user") })
    let home = directory("home").path
    let outcome = try run("bash", ["-euc", block], ["HOME": home])
    #expect(outcome.status == 0, "\(outcome.output)")
    let settings = directory("home/.config/hark/hark.yaml")
    #expect(
      try String(contentsOf: settings, encoding: .utf8) == "watch:\n  - \(home)/Music\n")
    // The installation's last words are the same.
    let installed = try script("install", ["DESTDIR": directory("root").path])
    #expect(installed.status == 0, "\(installed.output)")
    for line in block.split(separator: "\n") {
      #expect(installed.output.contains("  \(line)\n"), "\(installed.output)")
    }
  }

  /// Of two models harkd would take neither.
  @Test func anEarlierModelIsReplaced() throws {
    let folder = directory("root/usr/local/share/hark")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    try Data("old".utf8).write(to: folder.appendingPathComponent("hark-0.safetensors"))
    let outcome = try script("install", ["DESTDIR": directory("root").path])
    #expect(outcome.status == 0, "\(outcome.output)")
    let models = try FileManager.default.contentsOfDirectory(atPath: folder.path)
      .filter { $0.hasSuffix(".safetensors") }
    let ours = Repository.files.filter { $0.wholeMatch(of: /Models\/[^\/]+\.safetensors/) != nil }
    #expect(models == ours.map { ($0 as NSString).lastPathComponent })
  }

  /// Programs that are missing are built, and ones that the sources have left behind are told.
  @Test func programsAreThoseOfTheSources() throws {
    try program("tools/make", "echo \"make: $*\"")
    let built = try script("ensure-built")
    #expect(built.status == 0 && built.output.isEmpty, "\(built.output)")
    for name in ["hark", "harkd", "hark-worker"] {
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSince1970: 1)],
        ofItemAtPath: directory("built/\(name)").path)
    }
    let stale = try script("ensure-built")
    #expect(stale.status == 0 && stale.output.contains("is newer than"), "\(stale.output)")
    try FileManager.default.removeItem(at: directory("built/hark-worker"))
    let missing = try script("ensure-built")
    #expect(missing.status == 0 && missing.output.contains("make: "), "\(missing.output)")
    #expect(missing.output.contains("release"), "\(missing.output)")
  }

  /// Whatever the prefix is, the units lie where systemd looks, and are removed from there.
  @Test(arguments: [
    ("/usr", "/usr/lib", true), ("/usr/local/", "/usr/local/lib", true),
    ("/opt/ours", "/usr/local/lib", true), ("/people/me/.local", "/people/me/.local/share", false),
    ("/people/me/opt", "/people/me/.local/share", false),
  ]) func systemdSeesTheUnits(prefix: String, place: String, isForMachine: Bool) throws {
    let root = directory("root")
    let environment = ["DESTDIR": root.path, "PREFIX": prefix, "HOME": "/people/me"]
    let installed = try script("install", environment)
    #expect(installed.status == 0, "\(installed.output)")
    func isThere(_ path: String) -> Bool {
      FileManager.default.fileExists(atPath: root.path + path)
    }
    #expect(isThere("\(place)/systemd/user/harkd.service"))
    for file in [
      "\(place)/systemd/system/harkd.socket", "\(place)/sysusers.d/hark.conf",
      "/etc/hark/hark.yaml",
    ] { #expect(isThere(file) == isForMachine, "\(file)") }
    let removed = try script("uninstall", environment)
    #expect(removed.status == 0, "\(removed.output)")
    let left = try FileManager.default.subpathsOfDirectory(atPath: root.path)
      .filter { ($0 as NSString).lastPathComponent.contains("hark") }
    #expect(left.sorted() == (isForMachine ? ["etc/hark", "etc/hark/hark.yaml"] : []))
  }

  /// What is removed does not go on running, nor starts at the next boot.
  @Test func theServiceIsStoppedFirst() throws {
    let places = [
      "PREFIX": directory("programs").path, "SYSCONFDIR": directory("etc").path,
      "SYSTEMDDIR": directory("units").path,
    ]
    let installed = try script("install", places)
    #expect(installed.status == 0, "\(installed.output)")
    // The settings' example names a model that is there.
    let settings = try String(contentsOf: directory("etc/hark/hark.yaml"), encoding: .utf8)
    let model = try #require(settings.firstMatch(of: /(?m)^# model: (.*)$/).map { String($0.1) })
    #expect(FileManager.default.fileExists(atPath: model), "\(model)")

    let removed = try script("uninstall", places)
    #expect(removed.status == 0, "\(removed.output)")
    let log = try? String(contentsOf: directory("systemctl.log"), encoding: .utf8)
    let hasSystemd = FileManager.default.fileExists(atPath: "/run/systemd/system")
    #expect(
      log
        == (geteuid() == 0 && hasSystemd
          ? "--system --quiet disable --now harkd.socket harkd.service\n--system daemon-reload\n"
          : nil))
  }
}
