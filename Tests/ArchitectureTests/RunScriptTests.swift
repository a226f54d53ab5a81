import Foundation
import TestSupport
import Testing

/// `make run`, with small programs in place of the built ones.
@Suite struct RunScriptTests {
  private let directory: TemporaryDirectory

  init() throws {
    directory = try TemporaryDirectory()
    // harkd is there as long as a file of its own is.
    try program(
      "harkd",
      """
      trap 'rm -f "$0.runs"; exit 0' TERM
      echo "harkd $*"
      touch "$0.runs"
      while :; do sleep 0.05; done
      """)
    // It answers for a library of three files, of which the second is analysed.
    try program(
      "hark",
      """
      shift 2
      test -e "$(dirname "$0")/harkd.runs" || exit 69
      case "$*" in
        'list --json')
          printf '{"files":[\\n{"path":"a","state":"failed"},\\n'
          printf '{"path":"b","state":"analysed"},\\n{"path":"c","state":"analysed"}\\n]}\\n' ;;
        'list --paths -0') printf '/music/a.wav\\0/music/b and.au\\0/music/c.caf\\0' ;;
        similar*) echo "asked about $2" ;;
      esac
      """)
    try program("hark-worker", "")
  }

  private func program(_ name: String, _ text: String) throws {
    let url = directory("built programs/\(name)")
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data("#!/bin/sh\n\(text)\n".utf8).write(to: url)
    try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: url.path)
  }

  /// Whoever names a folder wrongly hears so before minutes of building.
  @Test func theFolderIsLookedAtBeforeTheBuild() throws {
    let outcome = try Tool.run(
      "make",
      ["--no-print-directory", "-C", Repository.root.path, "run", "MUSIC=\(directory("no").path)"],
      environment: ["MAKEFLAGS": "", "BUILT": directory("built programs").path])
    #expect(outcome.status != 0)
    #expect(outcome.output.contains("no folder '\(directory("no").path)'"), "\(outcome.output)")
  }

  /// Whatever failed, and however long the folder's name and whatever its letters are.
  @Test func theExampleIsAnAnalysedFile() throws {
    let music = directory(String(repeating: "my music ", count: 20))
    try FileManager.default.createDirectory(at: music, withIntermediateDirectories: true)
    let outcome = try Tool.run(
      Repository.root.appendingPathComponent("scripts/run").path, [],
      environment: [
        "BUILT": directory("built programs").path, "MUSIC": music.path, "ONCE": "1",
        "XDG_STATE_HOME": directory("state").path, "XDG_RUNTIME_DIR": directory.path,
      ])
    #expect(outcome.status == 0, "\(outcome.output)")
    #expect(outcome.output.contains("asked about /music/b and.au\n"), "\(outcome.output)")
    #expect(outcome.output.contains("hark show /music/b\\ and.au\n"), "\(outcome.output)")
    let programs = directory("built\\ programs").path
    #expect(outcome.output.contains("PATH=\(programs):$PATH\n"), "\(outcome.output)")
    let socket = try #require(
      outcome.output.firstMatch(of: /export HARK_SOCKET=(.*)\n/).map { String($0.1) })
    #expect(socket.contains("/my-music-") && socket.utf8.count <= 107, "\(socket)")
    #expect(!FileManager.default.fileExists(atPath: directory("built programs/harkd.runs").path))
  }
}
