import API
import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// A library of many recordings is checked, mended and answers again after a kill; how long that
  /// takes is printed, and not judged.
  ///
  /// HARK_STATE_RECORDINGS says how many, 500 where it is not set; HARK_BUILT where other programs
  /// lie, such as those of `make release`.
  @Suite struct LargeStateTests {
    private static let recordings =
      ProcessInfo.processInfo.environment["HARK_STATE_RECORDINGS"].flatMap { Int($0) } ?? 500

    @Test func manyRecordingsAreCheckedMendedAndAnswered() async throws {
      let home = try DaemonProcess.Home()
      let count = Self.recordings
      let made = try await LargeState.make(home, recordings: count)
      let clean = try await Self.harkd(home, "--check", "check")
      #expect(clean.status == 0, "\(clean.text)\(clean.errors)")
      #expect(clean.text.contains("all is well (\(count) files, \(count) recordings"))

      // Runs of landmarks and sketches are made by the first start.
      let first = try await Self.firstAnswer(home, made.files[0], "the first start")
      try await first.untilIdle()
      #expect(try await first.status().files.analysed == count)
      #expect(try await first.status().analysedSinceStart == 0)
      #expect(try await first.stop() == 0)
      let second = try await Self.firstAnswer(home, made.files[1], "a clean start")
      try await second.untilIdle()
      // So that the catalogue's log is not empty when it is killed.
      try Clip.write(Clip.tone(440), home.folder.appendingPathComponent("new.wav"))
      try await eventually("a new file is analysed") {
        try await second.status().files.analysed == count + 1
      }
      try await second.kill()
      let third = try await Self.firstAnswer(home, made.files[2], "a start after SIGKILL")
      #expect(try await third.stop() == 0)

      let segments = try #require(
        try FileManager.default.contentsOfDirectory(atPath: home.state.path)
          .first { $0.hasPrefix("segments-") })
      try Self.damage(home.state.appendingPathComponent(segments))
      let damaged = try await Self.harkd(home, "--check", nil)
      #expect(damaged.status == 65 && damaged.text.contains("1 problem"), "\(damaged.text)")
      let repair = try await Self.harkd(home, "--repair", "repair")
      #expect(repair.status == 0 && repair.text.contains("repaired: "), "\(repair.text)")
      let mended = try await Self.harkd(home, "--check", nil)
      #expect(
        mended.status == 0 && mended.text.contains("1 of them to be analysed"), "\(mended.text)")
      Figures.report("recordings in the state directory", count + 1)
    }

    private static var harkd: URL {
      guard let folder = ProcessInfo.processInfo.environment["HARK_BUILT"] else {
        return ProgramRun.built("harkd")
      }
      return URL(fileURLWithPath: folder).appendingPathComponent("harkd")
    }

    /// Runs `harkd` on the state directory, and reports how long that takes if it has a name.
    private static func harkd(
      _ home: DaemonProcess.Home, _ flag: String, _ name: String?
    ) async throws -> ProgramRun {
      let start = ContinuousClock.now
      let run = try await ProgramRun.run(
        harkd, [flag, "--state", home.state.path], limit: .seconds(900))
      if let name { report(name, since: start) }
      return run
    }

    /// Starts the daemon and waits until it says what is like `file`.
    private static func firstAnswer(
      _ home: DaemonProcess.Home, _ file: String, _ name: String
    ) async throws -> DaemonProcess {
      let start = ContinuousClock.now
      let daemon = try DaemonProcess(home, program: harkd)
      try await eventually("the first answer", within: .seconds(300), every: .milliseconds(10)) {
        guard daemon.process.isRunning else { throw Unmet(description: home.logText) }
        guard FileManager.default.fileExists(atPath: home.socket.path) else { return false }
        return try await daemon.hark("similar", "--json", file).status == 0
      }
      report("first answer after \(name)", since: start)
      return daemon
    }

    private static func report(_ what: String, since start: ContinuousClock.Instant) {
      let time = (ContinuousClock.now - start).components
      let milliseconds = Int(time.seconds) * 1_000 + Int(time.attoseconds / 1_000_000_000_000_000)
      Figures.report("milliseconds, \(what)", milliseconds)
    }

    /// Flips the bits of one byte in the middle of a file.
    private static func damage(_ url: URL) throws {
      let file = try FileHandle(forUpdating: url)
      let middle = try file.seekToEnd() / 2
      try file.seek(toOffset: middle)
      let byte = try #require(try file.read(upToCount: 1)?.first)
      try file.seek(toOffset: middle)
      try file.write(contentsOf: Data([byte ^ 0xff]))
      try file.close()
    }
  }
}
