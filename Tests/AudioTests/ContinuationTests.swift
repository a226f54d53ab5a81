import Audio
import Core
import Foundation
import TestSupport
import Testing

private let hasPrograms = ["flac", "lame", "oggenc", "opusenc"].allSatisfy {
  FileManager.default.isExecutableFile(atPath: "/usr/bin/" + $0)
}

/// Files that go on where libsndfile says that they end.
@Suite(.enabled(if: hasPrograms, "needs flac, lame, vorbis-tools, opus-tools"))
struct ContinuationTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// Encodes noise, of which every second differs, with "IN" and "OUT" among the arguments.
  private func encoded(
    _ program: String, _ arguments: [String], seconds: Double = 2, rate: Int = 44_100,
    channels: Int = 2, seed: UInt64 = 1
  ) throws -> Data {
    let (source, target) = (directory("in.wav"), directory("out"))
    try WAV.pcm16(
      Self.noise(Int(seconds * Double(rate)) * channels, seed), rate: rate, channels: channels
    ).write(to: source)
    let filled = arguments.map {
      $0.replacingOccurrences(of: "IN", with: source.path)
        .replacingOccurrences(of: "OUT", with: target.path)
    }
    try #require(run(program, filled), "\(program) \(filled)")
    return try Data(contentsOf: target)
  }

  private static func noise(_ count: Int, _ seed: UInt64) -> [Int16] {
    var random = SplitMix64(seed: seed)
    return (0..<count).map { _ in Int16.random(in: -9_000...9_000, using: &random) }
  }

  @Test(arguments: ["oggenc", "opusenc"])
  func everyStreamOfAChainIsHeard(program: String) throws {
    func stream(_ serial: Int, rate: Int = 48_000, channels: Int = 2) throws -> Data {
      let serials =
        program == "oggenc"
        ? ["-Q", "-s", "\(serial)", "IN", "-o", "OUT"]
        : ["--quiet", "--serial", "\(serial)", "IN", "OUT"]
      return try encoded(program, serials, rate: rate, channels: channels, seed: UInt64(serial))
    }
    let (one, two) = (try stream(1), try stream(2))
    let whole = try decode(one + two)
    #expect(abs(whole.facts.duration - 4) < 0.05, "\(whole.facts)")
    #expect(whole.facts.warnings.isEmpty, "\(whole.facts)")
    let (first, second) = (try decode(one), try decode(two))
    #expect(whole.recording != first.recording)
    #expect(whole.samples.count >= first.samples.count + second.samples.count - 2)
    // Of one channel behind two.
    let mixed = try decode(one + stream(3, channels: 1) + two)
    #expect(abs(mixed.facts.duration - 6) < 0.05, "\(mixed.facts)")
    guard program == "oggenc" else { return }
    let other = try decode(one + stream(4, rate: 44_100) + two)
    #expect(abs(other.facts.duration - 4) < 0.05, "\(other.facts)")
    let warning = other.facts.warnings.first ?? ""
    #expect(warning.contains("2.0 s") && warning.contains("44100 Hz"), "\(other.facts)")
  }

  @Test(arguments: ["oggenc", "opusenc"])
  func anOggFileCutShortSaysSo(program: String) throws {
    let arguments = program == "oggenc" ? ["-Q", "IN", "-o", "OUT"] : ["--quiet", "IN", "OUT"]
    let whole = try encoded(program, arguments, seconds: 6, rate: 48_000)
    #expect(try decode(whole).facts.warnings.isEmpty)
    let cut = try decode(whole.prefix(whole.count / 2))
    #expect((1...5).contains(cut.facts.duration), "\(cut.facts)")
    #expect(cut.facts.warnings.contains { $0.contains("breaks off") }, "\(cut.facts)")
  }

  @Test func joinedMPEGIsHeardWhateverItsChannels() throws {
    // At fewer bits lame changes the rate.
    let arguments = ["--quiet", "-b", "128", "-t", "IN", "OUT"]
    let stereo = try encoded("lame", arguments, seconds: 1)
    let mono = try encoded("lame", arguments, seconds: 4, channels: 1)
    #expect(try abs(decode(stereo + mono).facts.duration - 5) < 0.3)
    #expect(try abs(decode(mono + stereo).facts.duration - 5) < 0.3)
    // Half a second of this has 8 kB.
    let short = try encoded("lame", arguments, seconds: 0.5)
    #expect(try abs(decode(stereo + short).facts.duration - 1.5) < 0.3)
    let slower = try decode(stereo + encoded("lame", arguments, seconds: 4, rate: 48_000))
    #expect(abs(slower.facts.duration - 1) < 0.3, "\(slower.facts)")
    #expect(slower.facts.warnings.contains { $0.contains("48000 Hz") }, "\(slower.facts)")
  }

  @Test func whatIsDamagedInFLACCostsNoMore() throws {
    let whole = try encoded("flac", ["-s", "IN", "-o", "OUT"], seconds: 4)
    let sound = try decode(whole)
    for place in [0.3, 0.5] {
      var damaged = whole
      damaged[Int(Double(whole.count) * place)] ^= 0x10
      let decoded = try decode(damaged)
      #expect(decoded.facts.frames == sound.facts.frames, "\(decoded.facts)")
      let warning = decoded.facts.warnings.first ?? ""
      #expect(warning.contains("damaged"), "\(decoded.facts)")
      #expect(decoded.samples.suffix(16_000) == sound.samples.suffix(16_000))
      #expect(decoded.samples.prefix(16_000) == sound.samples.prefix(16_000))
    }
  }

  @Test func channelsThatCancelAreToldOf() throws {
    let mono = Self.noise(32_000, 5)
    func warnings(_ frames: [Int16], _ channels: Int) throws -> [String] {
      try decode(WAV.pcm16(frames, rate: 16_000, channels: channels)).facts.warnings
    }
    #expect(try warnings(mono.flatMap { [$0, -$0] }, 2).contains { $0.contains("cancel") })
    #expect(try warnings(mono.flatMap { [$0, $0] }, 2).isEmpty)
    #expect(try warnings(mono.flatMap { [0, 0, $0, 0, 0, 0] }, 6).isEmpty)
    #expect(try warnings([Int16](repeating: 0, count: 64_000), 2).isEmpty)
  }
}
