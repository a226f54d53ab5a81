import Core
import TestSupport
import Testing

@testable import Fingerprint

/// Six pieces of synthesised music.
enum SmallLibrary {
  static let parameters = FingerprintParameters()
  static let music = (0..<6).map { Signals.music(seconds: 22, seed: 100 + UInt64($0)) }
  static let index = LandmarkIndex(hearing: music, parameters)
}

/// Excerpts of synthesised music against a small library of it.
@Suite struct IdentifierTests {
  private static let parameters = SmallLibrary.parameters
  private static let music = SmallLibrary.music
  private static let index = SmallLibrary.index

  private func identify(_ samples: [Float]) -> Identification {
    Identifier(Self.index).identify(Query(samples, Self.parameters))
  }

  private func expectFound(
    _ samples: [Float], _ recording: Int, at second: Double, speed: Double = 1,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let answer = identify(samples)
    #expect(answer.reason == nil, sourceLocation: sourceLocation)
    let match = try #require(answer.matches.first, sourceLocation: sourceLocation)
    #expect(answer.matches.count == 1, "\(answer)", sourceLocation: sourceLocation)
    #expect(match.number == recording, sourceLocation: sourceLocation)
    #expect(abs(match.offset - second) < 0.01, "\(match)", sourceLocation: sourceLocation)
    #expect(abs(match.speed / speed - 1) < 0.001, "\(match)", sourceLocation: sourceLocation)
    #expect(abs(match.pitch / speed - 1) < 0.005, "\(match)", sourceLocation: sourceLocation)
    #expect(match.expectedFalseMatches < 1e-4, sourceLocation: sourceLocation)
    let length = Double(samples.count) / Signals.rate
    #expect(match.matchedSeconds > 0.6 * length, sourceLocation: sourceLocation)
    #expect(
      match.intervals.allSatisfy { $0.from >= 0 && $0.to <= length },
      sourceLocation: sourceLocation)
  }

  @Test(arguments: 0..<6) func anExcerptIsFound(recording: Int) throws {
    let second = 3.217 + 2.3 * Double(recording)
    try expectFound(
      Self.music[recording].excerpt(from: second, seconds: 5), recording, at: second)
  }

  /// Between two of the recording's frames, where its peaks look least alike.
  @Test func halfAHopIsFound() throws {
    let second = Double(500 * Self.parameters.hop + Self.parameters.hop / 2) / Signals.rate
    try expectFound(Self.music[1].excerpt(from: second, seconds: 4), 1, at: second)
  }

  @Test func noiseAsLoudIsHeardThrough() throws {
    let samples = Self.music[2].excerpt(from: 11, seconds: 8)
    let noise = Signals.whiteNoise(count: samples.count, seed: 7)
    try expectFound(Signals.mixed(samples, noise, decibels: 0), 2, at: 11)
  }

  @Test func aQuietCopyIsFound() throws {
    try expectFound(
      Self.music[3].excerpt(from: 8.5, seconds: 5).scaled(0.0316), 3, at: 8.5)
  }

  /// Near enough to none that the search without a warp finds the place, and a speed that is off.
  @Test(arguments: 0..<6) func aSpeedThatIsSlightlyOffIsMeasured(recording: Int) throws {
    let speed = recording % 2 == 0 ? 1.019 : 0.981
    let samples = Self.music[recording].excerpt(from: 4, seconds: 9)
    try expectFound(Signals.played(samples, speed: speed), recording, at: 4, speed: speed)
  }

  @Test(arguments: [0.95, 1.05]) func anotherSpeedIsFound(speed: Double) throws {
    let samples = Self.music[4].excerpt(from: 5, seconds: 15)
    try expectFound(Signals.played(samples, speed: speed), 4, at: 5, speed: speed)
  }

  /// The recording is in the middle of the query.
  @Test func aQueryLongerThanTheRecordingIsFound() throws {
    let before = Signals.music(seconds: 4, seed: 900)
    let answer = identify(before + Self.music[5] + Signals.music(seconds: 4, seed: 901))
    let match = try #require(answer.matches.first)
    #expect(match.number == 5)
    #expect(abs(match.offset + 4) < 0.01)
    let interval = try #require(match.intervals.max { $0.duration < $1.duration })
    #expect(abs(interval.from - 4) < 1 && abs(interval.to - 26) < 1, "\(match.intervals)")
  }

  @Test(arguments: [200, 201, 202] as [UInt64])
  func unknownMusicIsNotNamed(seed: UInt64) {
    #expect(identify(Signals.music(seconds: 8, seed: seed)).reason == .noMatch)
  }

  @Test func whatIsNoMusicIsNotNamed() {
    #expect(identify(Signals.tone(seconds: 5)).reason == .noMatch)
    #expect(identify(Signals.whiteNoise(count: 80_000, seed: 3)).reason == .noMatch)
    #expect(identify(Signals.metronome(seconds: 6)).reason == .noMatch)
    #expect(identify([Float](repeating: 0, count: 80_000)).reason == .silence)
    #expect(identify(Self.music[0].excerpt(from: 9, seconds: 5).scaled(1e-5)).reason == .silence)
    #expect(identify(Self.music[0].excerpt(from: 9, seconds: 0.5)).reason == .tooShort)
    #expect(identify([]).reason == .tooShort)
  }

  @Test func anEmptyLibraryMatchesNothing() {
    let empty = Identifier(LandmarkIndex([], Self.parameters))
    #expect(empty.identify(Query(Self.music[0], Self.parameters)).reason == .noMatch)
  }

  @Test func answersRepeat() {
    let samples = Self.music[2].excerpt(from: 4, seconds: 5)
    #expect(identify(samples) == identify(samples))
  }
}
