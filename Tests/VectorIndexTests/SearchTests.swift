import Core
import TestSupport
import Testing

@testable import VectorIndex

/// Every answer against brute force in double precision, on every kernel that this CPU has.
@Suite struct SearchTests {
  static let kernels = Kernels.available.map(\.name)

  /// Random unit vectors, exact duplicates, near duplicates, zero, tiny and huge vectors; some
  /// recordings are removed, some replaced.
  static func fixture(_ name: String, seed: UInt64) throws -> (IndexFixture, SplitMix64) {
    var random = SplitMix64(seed: seed)
    // Few enough that some rows have a sketch and the last have none.
    let fixture = try IndexFixture(
      kernels: known(Kernels(named: name)), rowsWithoutSketch: 40)
    let twin = random.unitVector()
    let twinSegments = random.segments(3)
    for key in Int64(1)...150 {
      var values = random.unitVector()
      var segments = random.segments(Int(random.next() % 7))
      switch key % 10 {
      case 0: values = twin
      case 1: values = twin.map { $0 + (random.unit() - 0.5) * 1e-5 }
      case 2 where key > 60: values = [Float](repeating: 0, count: 128)
      case 3 where key > 60: values = values.map { $0 * 1e-30 }
      case 4 where key > 60: values = values.map { $0 * 1e30 }
      case 5: segments = twinSegments
      case 6:
        segments = known(SegmentCodes(codes: [Int8](repeating: 0, count: 256), scales: [0, 0]))
      default: break
      }
      try fixture.add(key, pooled: values, segments: segments)
    }
    for key in stride(from: Int64(7), to: 150, by: 13) { fixture.remove(key) }
    for key in stride(from: Int64(3), to: 150, by: 31) {
      try fixture.add(key, pooled: random.unitVector(), segments: random.segments(4))
    }
    return (fixture, random)
  }

  /// The first `k` of brute force's answer. The index orders by its own arithmetic, the oracle by
  /// another order of summation: what differs by rounding alone may change places, equal rows may
  /// not.
  static func expectTop(_ k: Int, of all: [Hit], _ got: [Hit], _ note: String) {
    let comment = Comment(rawValue: "\(note), k \(k)")
    #expect(got.count == min(k, all.count), comment)
    let oracle = Dictionary(uniqueKeysWithValues: all.map { ($0.recording, $0) })
    for hit in got {
      guard let expected = oracle[hit.recording] else {
        Issue.record("\(hit.recording) is no possible hit, \(comment)")
        continue
      }
      #expect(abs(hit.score - expected.score) < rounding, comment)
      #expect(hit.range == expected.range, comment)
    }
    for (hit, next) in zip(got, got.dropFirst()) {
      #expect(
        hit.score > next.score || hit.score == next.score && hit.recording < next.recording,
        comment)
    }
    guard let last = got.last, let lastExpected = oracle[last.recording] else { return }
    let kept = Set(got.map(\.recording))
    for missed in all where !kept.contains(missed.recording) {
      #expect(missed.score <= last.score + rounding, comment)
      if missed.score == lastExpected.score { #expect(missed.recording > last.recording, comment) }
    }
  }

  static let rounding = 1e-12

  @Test(arguments: kernels) func matchesBruteForce(_ name: String) throws {
    var (fixture, random) = try Self.fixture(name, seed: 11)
    let stored = fixture.pooled.sorted { $0.key < $1.key }.map(\.value)
    for round in 0..<12 {
      var query = random.unitVector()
      // Stored vectors, long, short and zero queries too: a query's length never matters.
      if round % 4 == 1 { query = stored[Int(random.next() % UInt64(stored.count))] }
      if round % 4 == 2 { query = query.map { $0 * 1e20 } }
      if round == 11 { query = [Float](repeating: 0, count: 128) }
      let embedding = Embedding(query)!
      let similar = BruteForce.similar(query, fixture.pooled)
      let moments = BruteForce.similarMoments(query, fixture.segments)
      for k in [1, 2, 10, 77, 10_000] {
        Self.expectTop(
          k, of: similar, try fixture.index.similar(to: embedding, k: k), "round \(round)")
        Self.expectTop(
          k, of: moments, try fixture.index.similarMoments(to: embedding, k: k), "round \(round)")
      }
    }
    #expect(try fixture.index.similar(to: Embedding(random.unitVector())!, k: 0).isEmpty)
    #expect(try fixture.index.similar(to: Embedding(random.unitVector())!, k: -3).isEmpty)
  }

  @Test func anEmptyIndexAnswersNothing() throws {
    var random = SplitMix64(seed: 13)
    let fixture = try IndexFixture()
    #expect(try fixture.index.similar(to: Embedding(random.unitVector())!, k: 5).isEmpty)
    #expect(try fixture.index.similarMoments(to: Embedding(random.unitVector())!, k: 5).isEmpty)
    #expect(
      try fixture.index.similar(to: Embedding(random.unitVector())!, k: 5, allowed: RecordingKeys())
        .isEmpty)
  }

  @Test func longRecordingsAnswerWithTheirBestMoment() throws {
    var random = SplitMix64(seed: 14)
    let fixture = try IndexFixture()
    // Longer than a block of the scan, between short neighbours.
    for (key, count) in [(Int64(1), 3), (2, 700), (3, 1), (4, 1300), (5, 512), (6, 511)] {
      try fixture.add(key, pooled: random.unitVector(), segments: random.segments(count))
    }
    for _ in 0..<3 {
      let query = random.unitVector()
      Self.expectTop(
        4, of: BruteForce.similarMoments(query, fixture.segments),
        try fixture.index.similarMoments(to: Embedding(query)!, k: 4), "long recordings")
    }
    let moment = fixture.segments[RecordingKey(4)]!.dequantised(1201)
    let hit = try #require(try fixture.index.similarMoments(to: Embedding(moment)!, k: 1).first)
    #expect(hit.recording == RecordingKey(4) && hit.score > 1 - 1e-12)
    #expect(hit.range?.from == SegmentCodes.start(of: 1201))
  }
}
