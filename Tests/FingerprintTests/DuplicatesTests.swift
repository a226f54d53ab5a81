import Core
import Peaks
import TestSupport
import Testing

@testable import Fingerprint

@Suite struct DuplicatesTests {
  private static let parameters = FingerprintParameters()
  private static let music = (0..<4).map { Signals.music(seconds: 30, seed: 400 + UInt64($0)) }

  private func pairs(_ recordings: [[Float]]) throws -> [Duplicate] {
    try DuplicateSearch(LandmarkIndex(hearing: recordings, Self.parameters)).pairs()
  }

  @Test func copiesAreFoundAndNothingElse() throws {
    let piece = Self.music[0]
    let noise = Signals.whiteNoise(count: piece.count, seed: 1)
    let recordings =
      Self.music + [
        Signals.mixed(piece.scaled(0.5), noise, decibels: 30),
        piece.excerpt(from: 2.3456, seconds: 25),
        Signals.played(piece, speed: 1.03), Signals.played(piece, speed: 0.97),
      ]
    let found = try pairs(recordings)
    let copies = [0, 4, 5, 6, 7]
    #expect(found.allSatisfy { copies.contains($0.number) && copies.contains($0.otherNumber) })
    func relation(_ first: Int, _ second: Int) -> Duplicate? {
      found.first { Set([$0.number, $0.otherNumber]) == [first, second] }
    }
    #expect(relation(0, 4)?.relation == .sameRecording)
    #expect(relation(0, 5)?.relation == .trimmed)
    let trimmed = try #require(relation(0, 5))
    #expect(trimmed.number == 5 && abs(trimmed.offset - 2.3456) < 0.01, "\(trimmed)")
    for (copy, speed) in [(6, 1.03), (7, 0.97)] {
      let pair = try #require(relation(0, copy))
      #expect(pair.relation == .spedUp)
      let expected = pair.number == copy ? speed : 1 / speed
      #expect(abs(pair.speed - expected) < 2e-4 && abs(pair.pitch - expected) < 2e-3, "\(pair)")
    }
    #expect(
      DuplicateGroup.groups(found).map(\.members) == [copies.map { RecordingKey(Int64($0 + 1)) }])
  }

  @Test func aPartIsContained() throws {
    let mix = Self.music[1] + Self.music[2] + Self.music[3]
    let found = try pairs([Self.music[2], mix, Self.music[0]])
    let pair = try #require(found.first)
    #expect(found.count == 1 && pair.number == 0 && pair.otherNumber == 1)
    #expect(pair.relation == .contained && abs(pair.offset - 30) < 0.01, "\(pair)")
    let interval = try #require(pair.secondIntervals.first)
    #expect(abs(interval.from - 30) < 1.5 && abs(interval.to - 60) < 1.5, "\(interval)")
    #expect(DuplicateGroup.groups(found).isEmpty)
  }

  /// A radio edit lies in the album's version along two lines, one behind the other.
  @Test func anEditIsContainedWithAllItsParts() throws {
    let album = Self.music[1] + Self.music[2] + Self.music[3]
    let edit = album.excerpt(from: 2, seconds: 20) + album.excerpt(from: 45.5, seconds: 34)
    let found = try pairs([album, edit, Self.music[0]])
    let pair = try #require(found.first)
    #expect(found.count == 1 && pair.number == 1 && pair.otherNumber == 0)
    #expect(pair.relation == .contained && pair.firstCoverage > 0.9, "\(pair)")
    let places = pair.secondIntervals.map { ($0.from, $0.to) }
    #expect(places.count == 2, "\(places)")
    for (place, wanted) in zip(places, [(2, 22), (45.5, 79.5)]) {
      #expect(abs(place.0 - wanted.0) < 1.5 && abs(place.1 - wanted.1) < 1.5, "\(places)")
    }
    for (first, second) in zip(pair.firstIntervals, pair.secondIntervals) {
      let isSecondPart = first.from > 10
      #expect(abs(second.from - first.from - (isSecondPart ? 25.5 : 2)) < 0.05, "\(pair)")
    }
  }

  /// What is in both in another order is no copy of a part.
  @Test func partsInAnotherOrderAreNotContained() throws {
    let (one, two, three) = (Self.music[1], Self.music[2], Self.music[3])
    let found = try pairs([one + two + three, two + one])
    #expect(found.count == 1 && found[0].relation == .sharing, "\(found)")
  }

  @Test func aCopyWithAPauseInItIsACopy() throws {
    let piece = Self.music[1] + Self.music[2]
    let pause = [Float](repeating: 0, count: 48_000)
    let found = try pairs([piece, Self.music[1] + pause + Self.music[2]])
    #expect(found.count == 1 && found[0].relation == .trimmed, "\(found)")
  }

  @Test func repeatsAndSilenceAreNoPairs() throws {
    let bar = Self.music[0].excerpt(from: 3, seconds: 4)
    let loop = (0..<6).flatMap { _ in bar }
    #expect(try pairs([loop, Self.music[1]]).isEmpty)
    let silence = [Float](repeating: 0, count: 320_000)
    #expect(try pairs([silence, silence, Signals.tone(seconds: 20), []]).isEmpty)
    #expect(try pairs([]).isEmpty)
  }

  @Test func aSearchCanBeEnded() {
    let index = LandmarkIndex(hearing: [Self.music[0], Self.music[0]], Self.parameters)
    var calls = 0
    #expect(throws: CancellationError.self) {
      try DuplicateSearch(index).pairs { _ in
        calls += 1
        return false
      }
    }
    #expect(calls == 1)
  }

  /// Against counting every pair of a sampled landmark with each of the other's, by (recording, cell).
  @Test func votesAreThoseOfTheDefinition() {
    var random = SplitMix64(seed: 6)
    let recordings = (0..<5).map { _ in Constellation.random(using: &random) }
    let index = LandmarkIndex(recordings, Self.parameters)
    let table = JoinTable(index)
    for warp in [Warp.none, .turntable(1.03)] {
      for number in recordings.indices {
        let sample = RecordingSample(
          recordings[number].grids[0], frames: 1_000, table, Self.parameters)
        var join = SelfJoin(index)
        let bias = join.bias
        let counted = join.votes(number, sample, warp)
        var expected: [Int: Int] = [:]
        for other in recordings.indices where other != number {
          Landmark.ofRecording(recordings[other].grids[0], Self.parameters) { landmark in
            sample.forEach(warp, Self.parameters) { key, frame in
              guard key == landmark.key, table.occurrences(of: key) > 0 else {
                return
              }
              let place = Int(index.firstFrame(of: other)) + Int(landmark.frame) - frame + bias
              expected[place >> OffsetCells.cellBits, default: 0] += 1
            }
          }
        }
        #expect(counted == expected)
      }
    }
  }
}

@Suite struct LineTests {
  @Test func theLineIsFoundAmongChancePoints() throws {
    var random = SplitMix64(seed: 7)
    var points = (0..<12).map { i in
      Line.Point(first: Double(i) * 400, second: 900 + 1.02 * Double(i) * 400)
    }
    for _ in 0..<40 {
      points.append(
        .init(
          first: .random(in: 0..<5_000, using: &random),
          second: .random(in: 0..<6_000, using: &random)))
    }
    points.sort { $0.first < $1.first }
    let found = try #require(Line.consensus(points, tolerance: 3, speeds: 0.94...1.06))
    #expect(found.support >= 12)
    #expect(abs(found.line.speed - 1.02) < 0.005)
    let there = found.line.inverse(found.line(77))
    #expect(abs(there - 77) < 1e-9)
    #expect(Line.consensus([], tolerance: 3, speeds: 0.9...1.1) == nil)
  }
}

extension Duplicate {
  /// The recordings' numbers in an index that was made in memory.
  fileprivate var number: Int { Int(first.rawValue) - 1 }
  fileprivate var otherNumber: Int { Int(second.rawValue) - 1 }
}
