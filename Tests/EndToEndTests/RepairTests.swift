import API
import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// A state directory that something damaged: found, mended, and whole again after the next start.
  @Suite struct RepairTests {
    private static let names = ["a.wav", "b.wav", "c.wav"]

    /// A state directory with three recordings, and what a daemon with it answered.
    private static func filled() async throws -> (home: DaemonProcess.Home, answer: [String]) {
      let home = try DaemonProcess.Home()
      for (number, name) in names.enumerated() {
        let samples = Signals.music(seconds: 12, seed: 40 + UInt64(number))
        try Clip.write(
          WAV.float32(samples, rate: 16_000), home.folder.appendingPathComponent(name))
      }
      let daemon = try await DaemonProcess.start(home)
      try await daemon.untilAnalysed(names)
      let answer = try await answers(daemon)
      #expect(try await daemon.stop() == 0)
      return (home, answer)
    }

    /// Both kinds of answer that the state directory is for.
    private static func answers(_ daemon: DaemonProcess) async throws -> [String] {
      let similar = try daemon.decode(
        Wire.SimilarAnswer.self, try await daemon.hark(["similar", "--json", "a.wav"]))
      let identified = try daemon.decode(
        Wire.IdentifyAnswer.self, try await daemon.hark(["identify", "--json", "b.wav"]))
      return similar.results.map { "\($0.path) \($0.score)" }
        + identified.results.map { "\($0.path) \($0.matched)" }
    }

    private static func harkd(_ home: DaemonProcess.Home, _ flag: String) async throws -> ProgramRun
    {
      try await ProgramRun.run(ProgramRun.built("harkd"), [flag, "--state", home.state.path])
    }

    private static func file(_ home: DaemonProcess.Home, _ prefix: String) throws -> URL {
      let name = try #require(
        try FileManager.default.contentsOfDirectory(atPath: home.state.path).sorted()
          .first { $0.hasPrefix(prefix) && !$0.contains("run") })
      return home.state.appendingPathComponent(name)
    }

    /// Flips the bits of some bytes.
    private static func damage(_ url: URL, at offset: Int, count: Int = 1) throws {
      var data = try Data(contentsOf: url)
      for place in offset..<(offset + count) { data[place] ^= 0xff }
      try data.write(to: url)
    }

    @Test(arguments: [
      ("recordings-", 4096 + 20, 1), ("segments-", 4096 + 300, 1), ("landmarks-", 4096 + 500, 1),
      ("recordings-", 3, 1), ("segments-", 3, 1), ("landmarks-", 3, 1),
      ("catalogue.sqlite", 0, 4096), ("catalogue.sqlite", 4096, 8192),
    ]) func whatIsDamagedIsMadeAnew(prefix: String, offset: Int, count: Int) async throws {
      let (home, before) = try await Self.filled()
      #expect(try await Self.harkd(home, "--check").status == 0)
      try Self.damage(try Self.file(home, prefix), at: offset, count: count)
      let check = try await Self.harkd(home, "--check")
      #expect(check.status == 65, "\(check.text)\(check.errors)")
      #expect((check.text + check.errors).contains("--repair"), "\(check.text)\(check.errors)")

      let repair = try await Self.harkd(home, "--repair")
      #expect(repair.status == 0, "\(repair.text)\(repair.errors)")
      #expect(repair.text.contains("repaired: "), "\(repair.text)")
      #expect(try await Self.harkd(home, "--check").status == 0)
      let again = try await Self.harkd(home, "--repair")
      #expect(again.status == 0 && !again.text.contains("repaired: "), "\(again.text)")

      let daemon = try await DaemonProcess.start(home)
      try await daemon.untilAnalysed(Self.names)
      try await eventually("the answers are the old ones") {
        (try? await Self.answers(daemon)) == before
      }
      #expect(try await daemon.stop() == 0)
      let after = try await Self.harkd(home, "--check")
      #expect(after.status == 0 && !after.text.contains("to be analysed"), "\(after.text)")
    }

    @Test func aDaemonAtWorkIsNotDisturbed() async throws {
      let home = try DaemonProcess.Home()
      let daemon = try await DaemonProcess.start(home)
      let repair = try await Self.harkd(home, "--repair")
      #expect(repair.status == 75 && repair.errors.contains("another harkd"), "\(repair)")
      #expect(try await daemon.stop() == 0)
      let nowhere = try await ProgramRun.run(
        ProgramRun.built("harkd"), ["--repair", "--state", home.beside("nothing").path])
      #expect(nowhere.status == 66, "\(nowhere)")
      #expect(!FileManager.default.fileExists(atPath: home.beside("nothing").path))
    }
  }
}
