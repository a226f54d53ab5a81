import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// A daemon with nothing to do does nothing.
  @Suite struct RestTests {
    /// How often the threads of a process went to sleep by themselves: every wake-up ends in it.
    private static func sleeps(_ pid: Int32) throws -> [String: Int] {
      var counts: [String: Int] = [:]
      for thread in try FileManager.default.contentsOfDirectory(atPath: "/proc/\(pid)/task") {
        let status = try? String(
          contentsOfFile: "/proc/\(pid)/task/\(thread)/status", encoding: .utf8)
        let match = status?.firstMatch(of: /(?m)^voluntary_ctxt_switches:\s+(\d+)$/)
        counts[thread] = match.flatMap { Int($0.1) }
      }
      return counts
    }

    /// After files, queries of every kind and a reload: whatever these start must stop.
    @Test func nothingWakesUp() async throws {
      let home = try DaemonProcess.Home()
      for number in 1...3 {
        try WAV.tone(200 * Double(number), seconds: 2)
          .write(to: home.folder.appendingPathComponent("\(number).wav"))
      }
      let daemon = try await DaemonProcess.start(home)
      try await daemon.untilAnalysed(["1.wav", "2.wav", "3.wav"])
      let file = home.folder.appendingPathComponent("1.wav").path
      for arguments in [["similar", file], ["identify", file], ["duplicates"], ["rescan"]] {
        #expect(try await daemon.hark(arguments).status == 0, "\(arguments)")
      }
      daemon.process.send(SIGHUP)
      let pid = daemon.process.identifier
      // Threads that wait for work leave after ten seconds; then there must be a stretch of five in
      // which no thread ran. Anything periodic below that never lets one pass.
      try await eventually("no thread wakes up in five seconds", every: .zero) {
        let before = try Self.sleeps(pid)
        try await Task.sleep(for: .seconds(5))
        return try Self.sleeps(pid) == before
      }
      #expect(try await daemon.stop() == 0)
    }
  }
}
