import Foundation
import TestSupport
import Testing

/// The units are what systemd accepts, with the places filled in as `make install` does.
@Suite(.enabled(if: Tool.exists("systemd-analyze"), "needs systemd-analyze"))
struct SystemdTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    let bin = directory("bin")
    try FileManager.default.createDirectory(at: bin, withIntermediateDirectories: true)
    try FileManager.default.copyItem(
      atPath: "/bin/true", toPath: bin.appendingPathComponent("harkd").path)
  }

  private func filled(_ file: String, adding extra: String = "") throws -> URL {
    let text = try Repository.text(file)
      .replacingOccurrences(of: "@BINDIR@", with: directory("bin").path)
      .replacingOccurrences(of: "@SYSCONFDIR@", with: "/etc")
    #expect(!text.contains(/@[A-Z]+@/), "\(file) has a place that install does not fill")
    let url = directory((file as NSString).lastPathComponent)
    try (text + extra).write(to: url, atomically: true, encoding: .utf8)
    return url
  }

  private func verify(_ manager: String, _ units: [URL]) throws -> Tool.Outcome {
    try Tool.run(
      "systemd-analyze",
      [manager, "verify", "--man=no", "--recursive-errors=no"] + units.map(\.path),
      environment: ["XDG_RUNTIME_DIR": directory.path])
  }

  @Test(arguments: [("--system", "systemd"), ("--user", "systemd/user")])
  func unitsVerify(manager: String, folder: String) throws {
    let units = try ["harkd.service", "harkd.socket"].map { try filled("\(folder)/\($0)") }
    let outcome = try verify(manager, units)
    #expect(outcome.status == 0)
    #expect(outcome.output.isEmpty, "\(outcome.output)")
  }

  @Test func aWrongUnitDoesNotVerify() throws {
    let socket = try filled("systemd/harkd.socket")
    let service = try filled("systemd/harkd.service", adding: "\n[Service]\nWatchdogSec=often\n")
    let outcome = try verify("--system", [service, socket])
    #expect(outcome.output.contains("often"))
  }

  @Test(arguments: ["systemd/harkd.service", "systemd/user/harkd.service"])
  func serviceKeepsItsPromises(file: String) throws {
    let lines = try Repository.lines(file)
    for line in [
      "Type=notify", "ExecReload=kill -HUP $MAINPID", "Requires=harkd.socket", "KillMode=mixed",
      // Trying again mends no settings, and no state that is damaged or a newer version's.
      "RestartPreventExitStatus=64 65 78",
    ] {
      #expect(lines.contains(line))
    }
    #expect(lines.contains { $0.hasPrefix("WatchdogSec=") })
    // It would take the socket unit's live socket along when the service stops.
    #expect(!lines.contains { $0.hasPrefix("RuntimeDirectory=") })
    // oneDNN compiles its kernels at start-up.
    #expect(!lines.contains { $0.hasPrefix("MemoryDenyWriteExecute=") })
    // Where the unit filters system calls, workers must still be able to lock themselves in.
    for filter in lines where filter.hasPrefix("SystemCallFilter=") {
      let allowed = filter.dropFirst("SystemCallFilter=".count).split(separator: " ")
      if allowed.first?.hasPrefix("~") == true { continue }
      for call in ["seccomp", "landlock_create_ruleset", "landlock_restrict_self"] {
        #expect(allowed.contains { $0 == call }, "\(file): \(call)")
      }
    }
  }

  /// systemd's own count of what the service could do beyond its work, from 0 to 10.
  private func isExposed(adding extra: String = "") throws -> Bool {
    let service = try filled("systemd/harkd.service", adding: extra)
    let outcome = try Tool.run(
      "systemd-analyze",
      ["security", "--offline=true", "--threshold=10", "--no-pager", service.path])
    #expect(outcome.output.contains("Overall exposure level"), "\(outcome.output)")
    return outcome.status != 0
  }

  @Test func theServiceIsExposedNoMoreThanOneInTen() throws {
    #expect(try !isExposed())
    #expect(try isExposed(adding: "\n[Service]\nPrivateNetwork=no\nIPAddressDeny=\n"))
  }

  @Test(.enabled(if: geteuid() == 0, "needs root, to give a folder to another user"))
  func usersAndFoldersAreMade() throws {
    let root = directory("root")
    for folder in ["etc", "run"] {
      try FileManager.default.createDirectory(
        at: root.appendingPathComponent(folder), withIntermediateDirectories: true)
    }
    let files = Repository.root.appendingPathComponent("systemd")
    let users = try Tool.run(
      "systemd-sysusers",
      ["--root=\(root.path)", files.appendingPathComponent("sysusers.d/hark.conf").path])
    #expect(users.status == 0, "\(users.output)")
    let passwords = try String(
      contentsOf: root.appendingPathComponent("etc/passwd"), encoding: .utf8)
    #expect(passwords.contains("hark:"))
    let folders = try Tool.run(
      "systemd-tmpfiles",
      [
        "--root=\(root.path)", "--create",
        files.appendingPathComponent("tmpfiles.d/hark.conf").path,
      ])
    #expect(folders.status == 0, "\(folders.output)")
    let attributes = try FileManager.default.attributesOfItem(
      atPath: root.appendingPathComponent("run/hark").path)
    #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o750)
  }
}
