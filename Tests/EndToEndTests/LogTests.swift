import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// A log that takes nothing, as on a full disk or a terminal that hung up, costs its lines and no more.
  @Suite struct LogTests {
    private static func unlogged(
      _ home: DaemonProcess.Home, _ arguments: [String]
    ) throws -> DaemonProcess {
      try DaemonProcess(
        home, arguments: arguments,
        launcher: (
          URL(fileURLWithPath: "/bin/sh"), ["-c", "exec \"$@\" 2>/dev/full", "sh"]
        ))
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
