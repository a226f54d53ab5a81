import API
import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// From a folder of music to the name of an excerpt.
  @Suite struct IdentifyTests {
    private static let music = (0..<4).map { Signals.music(seconds: 20, seed: 900 + UInt64($0)) }

    @Test func anExcerptIsNamedAndStrangersAreNot() async throws {
      let home = try DaemonProcess.Home()
      let names = Self.music.indices.map { "piece-\($0).wav" }
      for (name, samples) in zip(names, Self.music) {
        try Clip.write(
          WAV.float32(samples, rate: 16_000), home.folder.appendingPathComponent(name))
      }
      let daemon = try await DaemonProcess.start(home)
      try await daemon.untilAnalysed(names)

      let excerpt = home.beside("excerpt.wav")
      let heard = Self.music[2].excerpt(from: 6.5, seconds: 6)
      let noise = Signals.whiteNoise(count: heard.count, seed: 4)
      try WAV.float32(Signals.mixed(heard, noise, decibels: 10).scaled(0.5), rate: 16_000)
        .write(to: excerpt)
      try await Self.expectFound(excerpt, by: daemon)
      try await Self.expectFound(excerpt, by: daemon, "--all")

      let stranger = home.beside("stranger.wav")
      try WAV.float32(Signals.music(seconds: 8, seed: 77), rate: 16_000).write(to: stranger)
      let silence = home.beside("silence.wav")
      try WAV.float32([Float](repeating: 0, count: 48_000), rate: 16_000).write(to: silence)
      let short = home.beside("short.wav")
      try WAV.float32(Self.music[0].excerpt(from: 2, seconds: 0.3), rate: 16_000)
        .write(to: short)
      for (url, reason) in [(stranger, "no match"), (silence, "silence"), (short, "too short")] {
        let answer = try await Self.identify(url, by: daemon)
        #expect(answer.results.isEmpty && answer.reason == reason, "\(url.lastPathComponent)")
      }

      // The landmarks are there after a restart, and pass the check.
      #expect(try await daemon.stop() == 0)
      let check = try await ProgramRun.run(
        ProgramRun.built("harkd"), ["--check", "--state", home.state.path])
      #expect(check.status == 0, "\(check.text) \(check.errors)")
      let again = try await DaemonProcess.start(home)
      try await Self.expectFound(excerpt, by: again)
      #expect(try await again.stop() == 0)
    }

    private static func identify(
      _ url: URL, by daemon: DaemonProcess, _ options: [String] = []
    ) async throws -> Wire.IdentifyAnswer {
      try daemon.decode(
        Wire.IdentifyAnswer.self,
        try await daemon.hark(["identify", "--json"] + options + [url.path]))
    }

    private static func expectFound(
      _ excerpt: URL, by daemon: DaemonProcess, _ options: String...
    ) async throws {
      let answer = try await identify(excerpt, by: daemon, options)
      let first = try #require(answer.results.first)
      #expect(first.path == daemon.path("piece-2.wav"))
      #expect(abs(first.offset - 6.5) < 0.02, "\(first)")
      #expect(abs(first.speed - 1) < 0.002 && first.confidence > 0.999, "\(first)")
      #expect(first.matched > 3 && answer.reason == nil, "\(first)")
    }
  }
}
