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

    @Test func whatArrivesIsNamedBeforeItEnds() async throws {
      let home = try DaemonProcess.Home()
      try Clip.write(
        WAV.float32(Self.music[2], rate: 16_000), home.folder.appendingPathComponent("piece-2.wav"))
      let excerpt = home.beside("excerpt.wav")
      let heard = Self.music[2].excerpt(from: 6.5, seconds: 12)
      try WAV.pcm16(heard.map { Int16(max(-1, min(1, $0)) * 32_767) }, rate: 16_000)
        .write(to: excerpt)
      // Nobody answers, and the sound goes on for ever: it is said at once.
      let alone = try await Self.identifyArriving("cat \"$2\" /dev/zero", "-", excerpt, home)
      #expect(alone.status == 69, "\(alone.errors)")

      let daemon = try await DaemonProcess.start(home)
      try await daemon.untilAnalysed(["piece-2.wav"])
      let samples = "tail -c +45 \"$2\" | cat - /dev/zero"
      for (arriving, options) in [
        ("cat \"$2\" /dev/zero", "-"), (samples, "- --raw 16000"),
      ] {
        let run = try await Self.identifyArriving(arriving, options, excerpt, home)
        let answer = try daemon.decode(Wire.IdentifyAnswer.self, run)
        #expect(answer.results.first?.path == daemon.path("piece-2.wav"), "\(options)")
        #expect(abs((answer.results.first?.offset ?? 0) - 6.5) < 0.02, "\(options)")
      }
      // At its end any format is answered, and what is no audio is refused.
      let whole = try await Self.identifyArriving("head -c 30000 /dev/zero", "-", excerpt, home)
      #expect(whole.status == 65, "\(whole.errors)")
      #expect(try await daemon.stop() == 0)
    }

    /// `hark identify` at the end of a pipe that `arriving` fills; `$2` is the excerpt.
    private static func identifyArriving(
      _ arriving: String, _ options: String, _ excerpt: URL, _ home: DaemonProcess.Home
    ) async throws -> ProgramRun {
      try await ProgramRun.run(
        URL(fileURLWithPath: "/bin/sh"),
        [
          "-c", "\(arriving) | \"$1\" --socket \"$3\" identify \(options) --json", "sh",
          ProgramRun.built("hark").path, excerpt.path, home.socket.path,
        ])
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
