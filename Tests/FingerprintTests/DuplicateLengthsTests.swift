import Core
import Peaks
import TestSupport
import Testing

@testable import Fingerprint

/// Copies of sounds of a second or a few, and what is padded.
@Suite struct DuplicateLengthsTests {
  private static let parameters = FingerprintParameters()

  private func pairs(_ recordings: [[Float]]) throws -> [Duplicate] {
    try DuplicateSearch(LandmarkIndex(hearing: recordings, Self.parameters)).pairs()
  }

  @Test(arguments: [1.0, 1.5, 2, 3, 4]) func shortSoundsAreFound(seconds: Double) throws {
    let sounds = (0..<6).map { Signals.music(seconds: seconds, seed: 600 + UInt64($0)) }
    let copy = sounds[2].scaled(0.5)
    let found = try pairs(sounds + [copy])
    let pair = try #require(found.first)
    #expect(found.count == 1 && pair.first == RecordingKey(3) && pair.second == RecordingKey(7))
    #expect(pair.relation == .sameRecording, "\(pair)")
  }

  /// As an encoder gives them back: with noise, and a little later.
  @Test(arguments: [2.0, 3, 4]) func shortSoundsAreFoundInAnotherEncoding(seconds: Double) throws {
    let sounds = (0..<6).map { Signals.music(seconds: seconds, seed: 650 + UInt64($0)) }
    let noise = Signals.whiteNoise(count: sounds[1].count, seed: 3)
    let late = [Float](repeating: 0, count: 529)
    let copy: [Float] = late + Signals.mixed(sounds[1], noise, decibels: 40)
    let found = try pairs(sounds + [copy])
    let pair = try #require(found.first)
    #expect(found.count == 1 && pair.first == RecordingKey(2) && pair.second == RecordingKey(7))
    #expect(pair.relation == .sameRecording, "\(pair)")
    #expect(abs(pair.speed - 1) < 5e-4 && abs(pair.offset - 0.033) < 0.01, "\(pair)")
  }

  @Test func unrelatedShortSoundsAreNoPairs() throws {
    let sounds = (0..<120).map { number in
      Signals.music(seconds: 1 + Double(number % 7) / 2, seed: 700 + UInt64(number))
    }
    #expect(try pairs(sounds).isEmpty)
  }

  /// A sound in a long piece is the piece's, not a part worth naming.
  @Test func aShortSoundInALongPieceIsNoPair() throws {
    let piece = Signals.music(seconds: 30, seed: 800)
    #expect(try pairs([piece.excerpt(from: 7, seconds: 2), piece]).isEmpty)
  }

  @Test func silenceBehindThePieceIsPaddingAndNoContent() throws {
    let piece = Signals.music(seconds: 30, seed: 801)
    let silence = [Float](repeating: 0, count: 40 * 16_000)
    let longer: [Float] = piece + silence
    let padded = try pairs([piece, longer])
    #expect(padded.map(\.relation) == [.trimmed], "\(padded)")
    let more: [Float] = piece + Signals.music(seconds: 40, seed: 802)
    let show = try pairs([piece, more])
    #expect(show.map(\.relation) == [.contained], "\(show)")
  }

  @Test func whatASpeedIsNotToldOfIsNotSpedUp() {
    let rules = RelationRules()
    func fit(_ speed: Double, pairs count: Int, pitch: Double = 1) -> PeakPairs.Fit {
      let pairs = (0..<count).map { i in
        PeakPairs.Pair(first: Double(i), second: speed * Double(i), firstBin: 1, secondBin: 1)
      }
      return PeakPairs.Fit(
        line: Line(start: 10, speed: speed), pitch: pitch, pairs: pairs, residual: 0.5,
        middle: Double(count - 1) / 2, middleError: 0, speedError: 0)
    }
    let short = fit(1.004, pairs: 60).plainWhereUncertain(rules)
    #expect(short.line.speed == 1)
    // In the middle it stays where it was.
    #expect(abs(short.line(29.5) - 39.618) < 1e-9)
    #expect(fit(1.004, pairs: 2_000).plainWhereUncertain(rules).line.speed == 1.004)
    #expect(fit(1.03, pairs: 60).plainWhereUncertain(rules).line.speed == 1.03)
    #expect(fit(1.004, pairs: 60, pitch: 1.004).plainWhereUncertain(rules).line.speed == 1.004)
  }
}

@Suite struct RelationRulesTests {
  private func relation(
    first: Double, second: Double, firstCoverage: Double = 1, secondCoverage: Double
  ) -> CopyRelation? {
    RelationRules().relation(
      .init(
        firstSeconds: first, secondSeconds: second, firstCoverage: firstCoverage,
        secondCoverage: secondCoverage, commonSeconds: first * firstCoverage, offset: 0, speed: 1,
        pitch: 1, agreement: 0.8))
  }

  @Test func aMinuteOfSilenceIsPaddingAndAMinuteOfMusicIsNot() {
    #expect(relation(first: 240, second: 300, secondCoverage: 0.99) == .trimmed)
    #expect(relation(first: 60, second: 240, secondCoverage: 0.99) == .trimmed)
    #expect(relation(first: 240, second: 300, secondCoverage: 0.8) == .contained)
    #expect(relation(first: 240, second: 3_600, secondCoverage: 0.07) == .contained)
    #expect(relation(first: 240, second: 240, secondCoverage: 1) == .sameRecording)
  }

  @Test func aShortSoundMayLackItsLastBreath() {
    #expect(
      relation(first: 1, second: 1, firstCoverage: 0.78, secondCoverage: 0.78) == .sameRecording)
    #expect(relation(first: 1, second: 1, firstCoverage: 0.6, secondCoverage: 0.6) == nil)
    #expect(relation(first: 4, second: 4, firstCoverage: 0.8, secondCoverage: 0.8) == nil)
  }
}
