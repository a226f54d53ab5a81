import Core
import TestSupport
import Testing

@testable import VectorIndex

/// Whatever a filter allows, answers are those of brute force over what it allows.
@Suite struct FilterTests {
  /// What filters allow of `count` recordings: none, one, some here and there, runs of neighbours, almost
  /// all, and keys that are not there.
  private static func allowed(
    _ shape: Int, of count: Int, _ random: inout SplitMix64
  ) -> RecordingKeys {
    var keys = RecordingKeys([RecordingKey(1 << 40), RecordingKey(Int64(count) + 77)])
    func one() -> Int64 { 1 + Int64(random.next() % UInt64(count)) }
    switch shape {
    case 0: keys = RecordingKeys()
    case 1: keys.insert(RecordingKey(one()))
    case 2, 3, 4, 5, 6:
      let share = [0.01, 0.08, 0.3, 0.49, 0.95][shape - 2]
      for key in 1...Int64(count) where Double(random.unit()) < share {
        keys.insert(RecordingKey(key))
      }
    case 7:
      let first = one()
      for key in first..<first + Int64(count / 6) { keys.insert(RecordingKey(key)) }
    case 8:
      for _ in 0..<6 {
        let first = one()
        for key in first...first + one() % 40 { keys.insert(RecordingKey(key)) }
      }
    default: for key in 1...Int64(count) { keys.insert(RecordingKey(key)) }
    }
    return keys
  }
  private static let shapes = 10

  /// Recordings near each other and far, silent ones among them, some removed, some replaced; the first
  /// rows have sketches, the last have none.
  private static func fixture(_ name: String, count: Int) throws -> (IndexFixture, SplitMix64) {
    var random = SplitMix64(seed: 71)
    let fixture = try IndexFixture(
      kernels: known(Kernels(named: name)), rowsWithoutSketch: 90)
    let centres = (0..<5).map { _ in random.unitVector() }
    for key in Int64(1)...Int64(count) {
      let centre = centres[Int(random.next() % 5)]
      let values =
        key % 4 == 0
        ? SketchTests.row(&random) : zip(centre, random.vector(128)).map { $0 + $1 * 0.02 }
      let segments = key % 60 == 0 ? 130 : Int(random.next() % 6)
      try fixture.add(key, pooled: values, segments: random.segments(segments))
    }
    for key in stride(from: Int64(5), to: Int64(count), by: 19) { fixture.remove(key) }
    for key in stride(from: Int64(3), to: Int64(count), by: 43) {
      try fixture.add(key, pooled: random.unitVector(), segments: random.segments(3))
    }
    return (fixture, random)
  }

  @Test(arguments: SearchTests.kernels) func answersAreThoseOfWhatIsAllowed(_ name: String) throws {
    let count = 420
    var (fixture, random) = try Self.fixture(name, count: count)
    let stored = fixture.pooled.sorted { $0.key < $1.key }.map(\.value)
    let isSketched = fixture.index.state.withLock {
      (known($0.snapshot.sketches).count, known($0.snapshot.segmentSketches).count)
    }
    #expect(isSketched.0 > 256 && isSketched.1 > 512)
    for round in 0..<6 {
      let query =
        round % 2 == 0
        ? random.unitVector() : stored[Int(random.next() % UInt64(stored.count))]
      let embedding = known(Embedding(query))
      // In order, so that what is left after a filter is the answer.
      let similar = BruteForce.similar(query, fixture.pooled)
      let moments = BruteForce.similarMoments(query, fixture.segments)
      for shape in 0..<Self.shapes {
        let allowed = Self.allowed(shape, of: count, &random)
        let excluded = Set((0..<4).map { _ in RecordingKey(1 + Int64(random.next() % 400)) })
        func isAllowed(_ hit: Hit) -> Bool {
          allowed.contains(hit.recording) && !excluded.contains(hit.recording)
        }
        for k in [1, 10, 1_000] {
          SearchTests.expectTop(
            k, of: similar.filter(isAllowed),
            try fixture.index.similar(to: embedding, k: k, allowed: allowed, excluding: excluded),
            "similar, shape \(shape)")
          SearchTests.expectTop(
            k, of: moments.filter(isAllowed),
            try fixture.index.similarMoments(
              to: embedding, k: k, allowed: allowed, excluding: excluded),
            "moments, shape \(shape)")
        }
      }
    }
  }

  /// Threads cut the rows where as many are allowed on either side; queries share what is read.
  @Test func neitherThreadsNorQueriesThatShareAScanMatter() throws {
    let count = 420
    var (fixture, random) = try Self.fixture(Kernels.best.name, count: count)
    let (snapshot, places) = fixture.index.state.withLock { ($0.snapshot, $0.slotOfKey) }
    let queries = (0..<9).map { _ in known(Embedding(random.unitVector())) }
    for shape in 0..<Self.shapes {
      let allowed = Self.allowed(shape, of: count, &random)
      let selection = Selection(
        allowed: allowed, excluding: [], places: places, in: snapshot)
      let alone = try queries.map { try fixture.index.similar(to: $0, k: 12, allowed: allowed) }
      #expect(try alone == fixture.index.similar(toEach: queries, k: 12, allowed: allowed))
      let scan = RecordingScan(
        snapshot: snapshot, queries: queries.map { PreparedQuery($0) }, selection: selection,
        kernels: fixture.kernels)
      let segments = SegmentScan(
        snapshot: snapshot, query: PreparedQuery(queries[0]), selection: selection,
        kernels: fixture.kernels)
      let moments = try segments.run(count: 12, parts: 1).hits
      for parts in [1, 2, 3, 7] {
        #expect(scan.run(count: 12, parts: parts).hits == alone, "shape \(shape), \(parts) parts")
        #expect(try segments.run(count: 12, parts: parts).hits == moments)
      }
    }
  }

  @Test func rowSetsAreCutWhereAsManyLieOnEitherSide() {
    var random = SplitMix64(seed: 72)
    for limit in [1, 63, 64, 65, 1_000, 5_000] {
      for share in [0, 0.003, 0.1, 0.7, 1] as [Float] {
        var set = RowSet(below: limit)
        var naive: [Int] = []
        for row in 0..<limit where random.unit() < share {
          set.insert(row)
          set.insert(row)
          naive.append(row)
        }
        if let row = naive.last, limit == 65 {
          set.remove(row)
          set.remove(row)
          naive.removeLast()
        }
        #expect(set.count == naive.count)
        #expect((0..<limit).filter { set.contains($0) } == naive)
        for parts in [1, 2, 5] {
          var rows: [Int] = []
          var end = 0
          for part in 0..<parts {
            let slice = set.slice(below: limit, part: part, of: parts)
            #expect(slice.lowerBound == end && (slice.lowerBound % 64 == 0 || slice.isEmpty))
            end = slice.upperBound
            let before = rows.count
            var row = set.next(from: slice.lowerBound, below: slice.upperBound)
            while row < slice.upperBound {
              let stop = set.endOfRun(from: row, below: slice.upperBound)
              rows += row..<stop
              row = set.next(from: stop, below: slice.upperBound)
            }
            #expect(rows.count - before <= naive.count / parts + 65)
          }
          #expect(end == limit && rows == naive, "\(limit) rows in \(parts) parts")
        }
      }
    }
  }
}
