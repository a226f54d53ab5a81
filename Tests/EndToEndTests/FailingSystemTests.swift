import API
import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// The state directory becomes read-only, or fails, under a running daemon; the clock jumps.
  @Suite(.enabled(if: SystemShim.compiler != nil, "needs a C compiler"))
  struct FailingSystemTests {
    private static func write(_ range: Range<Int>, _ home: DaemonProcess.Home) throws -> [String] {
      for number in range {
        try Clip.write(
          Clip.tone(300 + 70 * Double(number)), home.folder.appendingPathComponent("\(number).wav"))
      }
      return range.map { "\($0).wav" }
    }

    @Test(arguments: [EROFS, EIO]) func aStateThatCannotBeWrittenIsToldAndOutlived(
      errno: Int32
    ) async throws {
      let home = try DaemonProcess.Home()
      let shim = try await SystemShim(in: home.beside(""), failingBelow: home.state)
      let daemon = try await DaemonProcess.start(home, environment: shim.environment)
      let first = try Self.write(0..<3, home)
      try await daemon.untilAnalysed(first)

      try shim.set(errno: errno, clock: 0)
      let second = try Self.write(3..<9, home)
      try await eventually("the daemon says that it cannot write") {
        try await daemon.status().warnings.contains { $0.contains("cannot be recorded") }
      }
      let told = try await daemon.status().warnings
      let words = "see that its disk works and may be written"
      #expect(told.contains { $0.contains(words) }, "\(told)")
      #expect(home.logText.contains(words), "\(home.logText)")
      #expect(try await daemon.similar(daemon.path("0.wav")).results.count == 2)

      try shim.set(errno: 0, clock: 0)
      try await daemon.untilAnalysed(first + second)
      try await eventually("the warning goes") { try await daemon.status().warnings.isEmpty }
      #expect(try await daemon.stop() == 0)
      let check = try await ProgramRun.run(
        ProgramRun.built("harkd"), ["--check", "--state", home.state.path])
      #expect(check.status == 0 && check.text.contains("9 recordings"), "\(check)")
    }

    /// A worker that the kernel cannot lock in works, and nobody is left to believe that it is.
    @Test(arguments: [[SystemShim.KernelFeature.seccomp], [.landlock], [.seccomp, .landlock]])
    func aKernelWithoutAFeatureIsTold(lacking: [SystemShim.KernelFeature]) async throws {
      let home = try DaemonProcess.Home()
      let shim = try await SystemShim(
        in: home.beside(""), failingBelow: home.state, lacking: lacking)
      let daemon = try await DaemonProcess.start(home, environment: shim.environment)
      try await daemon.untilAnalysed(Self.write(0..<1, home))
      let status = try await daemon.status()
      let inForce = try #require(status.sandbox)
      for feature in lacking {
        #expect(!inForce.contains(feature.rawValue))
        #expect(
          status.warnings.contains { $0.contains("without") && $0.contains(feature.rawValue) },
          "\(status.warnings)")
        #expect(home.logText.contains(feature.rawValue), "\(home.logText)")
      }
      if !lacking.contains(.seccomp) { #expect(inForce.contains("seccomp")) }
      let page = try await daemon.hark(["status"]).text
      #expect(page.contains("workers run without"), "\(page)")
      #expect(try await daemon.stop() == 0)
    }

    /// Back by a year and forward by two: files are found and analysed as ever, and what failed for
    /// the moment is tried again.
    @Test func aClockThatJumpsStopsNothing() async throws {
      let home = try DaemonProcess.Home()
      let shim = try await SystemShim(in: home.beside(""), failingBelow: home.state)
      let daemon = try await DaemonProcess.start(home, environment: shim.environment)
      var names: [String] = []
      let year = 365 * 86_400
      for (number, clock) in [0, -year, year, 0].enumerated() {
        try shim.set(errno: 0, clock: clock)
        names += try Self.write(number..<(number + 1), home)
        try await daemon.untilAnalysed(names)
      }
      // A file of tomorrow's.
      let future = home.folder.appendingPathComponent("future.wav")
      try Clip.write(Clip.tone(2_000), future)
      try FileManager.default.setAttributes(
        [.modificationDate: Date(timeIntervalSinceNow: 86_400)], ofItemAtPath: future.path)
      names.append("future.wav")
      try await daemon.untilAnalysed(names)
      #expect(try await daemon.status().warnings.isEmpty)
      #expect(try await daemon.stop() == 0)
    }
  }
}
