import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// A log that takes nothing, as on a full disk or a terminal that hung up, costs its lines and no more.
  @Suite struct LogTests {
    private static func unlogged(
      _ home: DaemonProcess.Home, _ arguments: [String], redirection: String = "2>/dev/full"
    ) throws -> DaemonProcess {
      try DaemonProcess(
        home, arguments: arguments,
        launcher: (
          URL(fileURLWithPath: "/bin/sh"), ["-c", "exec \"$@\" \(redirection)", "sh"]
        ))
    }

    /// The next file that is opened would get the number of standard error, and the log.
    @Test func closedDescriptorsLeaveTheLocksAlone() async throws {
      let home = try DaemonProcess.Home()
      let daemon = try Self.unlogged(home, home.arguments, redirection: "<&- >&- 2>&-")
      try await eventually("the socket answers") {
        try await daemon.hark("status", "--json").status == 0
      }
      let pid = "\(try await daemon.status().pid)\n"
      for lock in [home.state.appendingPathComponent("LOCK"), home.beside("s.lock")] {
        #expect(try String(contentsOf: lock, encoding: .utf8) == pid)
      }
      // What follows the events is not told that they are over as if nothing had happened.
      async let events = daemon.hark("events")
      try await Task.sleep(for: .seconds(1))
      #expect(try await daemon.stop() == 0)
      let ended = try await events
      #expect(ended.status == 69, "\(ended)")
    }

    @Test func theDaemonOutlivesALogThatCannotBeWritten() async throws {
      let home = try DaemonProcess.Home()
      let daemon = try Self.unlogged(home, home.arguments)
      try await eventually("the socket answers") {
        #expect(daemon.process.isRunning)
        return try await daemon.hark("status", "--json").status == 0
      }
      #expect(try await daemon.stop() == 0)
    }

    @Test func wrongArgumentsAreStillAUsageError() async throws {
      let home = try DaemonProcess.Home()
      let daemon = try Self.unlogged(home, ["--bogus"])
      #expect(try await daemon.process.waitForExit() == 64)
    }
  }
}
