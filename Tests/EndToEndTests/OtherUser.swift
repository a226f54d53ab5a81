import Foundation
import TestSupport

/// Programs that another user runs: root tests what others may do.
enum OtherUser {
  /// `nobody` on every Linux.
  static let number = 65_534

  static let isPossible = geteuid() == 0 && ProgramRun.find("setpriv") != nil

  /// Lets everybody connect: who may ask is then the daemon's own decision.
  static func letIn(_ home: DaemonProcess.Home) throws {
    try FileManager.default.setAttributes(
      [.posixPermissions: 0o666], ofItemAtPath: home.socket.path)
  }

  /// Runs `curl` as that user, with these supplementary groups.
  static func curl(
    _ home: DaemonProcess.Home, _ target: String, _ arguments: [String] = [], groups: String = ""
  ) async throws -> (status: Int, body: String) {
    let setpriv = try find("setpriv")
    let curl = try find("curl")
    let run = try await ProgramRun.run(
      setpriv,
      ["--reuid=\(number)", "--regid=\(number)"]
        + [groups.isEmpty ? "--clear-groups" : "--groups=\(groups)", curl.path]
        + ["--silent", "--show-error", "--max-time", "30", "--unix-socket", home.socket.path]
        + ["--write-out", "\n%{http_code}"] + arguments + ["http://localhost\(target)"])
    guard run.status == 0 else { throw Unmet(description: "curl: \(run.errors)") }
    let lines = run.text.split(separator: "\n", omittingEmptySubsequences: false)
    return (lines.last.flatMap { Int($0) } ?? 0, lines.dropLast().joined(separator: "\n"))
  }

  private static func find(_ name: String) throws -> URL {
    guard let program = ProgramRun.find(name) else {
      throw Unmet(description: "\(name) is not installed")
    }
    return program
  }
}
