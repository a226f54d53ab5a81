import Core
import Foundation
import MappedFiles
import TestSupport
import Testing

@testable import VectorIndex

/// Segments' sketches make a moment search read less and change nothing else.
@Suite struct SegmentSketchTests {
  /// Segments near a few centres, exact copies of each other, silence, and rows made to hurt.
  private static func segments(
    _ random: inout SplitMix64, _ centres: [[Float]], count: Int
  ) -> SegmentCodes {
    var codes = SegmentCodes()
    for _ in 0..<count {
      var values = SketchTests.row(&random)
      let centre = centres[Int(random.next() % UInt64(centres.count))]
      switch random.next() % 8 {
      case 0: values = centre
      case 1, 2: values = zip(centre, random.vector(128)).map { $0 + $1 * 0.02 }
      case 3: values = zip(centre, random.vector(128)).map { $0 + $1 * 1e-4 }
      default: break
      }
      values.withUnsafeBufferPointer { codes.append(quantising: $0) }
    }
    return codes
  }

  /// Many short recordings, some without segments, a few long ones.
  private static func fill(
    _ fixture: IndexFixture, _ keys: ClosedRange<Int64>, _ random: inout SplitMix64
  ) throws {
    let centres = (0..<5).map { _ in random.unitVector() }
    let pooled = random.unitVector()
    for key in keys {
      let count = key % 40 == 0 ? 300 + Int(random.next() % 400) : Int(random.next() % 24)
      let segments = segments(&random, centres, count: count)
      try fixture.add(key, pooled: pooled, segments: segments)
    }
  }

  private static func sketchedRows(_ fixture: IndexFixture) -> Int? {
    fixture.index.state.withLock { $0.snapshot.segmentSketches?.count }
  }

  private static func rows(_ fixture: IndexFixture) -> Int {
    fixture.index.state.withLock { $0.snapshot.segmentRows }
  }

  @Test(arguments: SearchTests.kernels)
  func answersAreTheSameWithAndWithout(_ name: String) throws {
    var random = SplitMix64(seed: 61)
    let fixture = try IndexFixture(kernels: known(Kernels(named: name)), rowsWithoutSketch: 300)
    try Self.fill(fixture, 1...400, &random)
    for key in stride(from: Int64(4), to: 400, by: 17) { fixture.remove(key) }
    let sketched = fixture.index
    let rows = Self.rows(fixture)
    // The last rows have none.
    #expect(known(Self.sketchedRows(fixture)) > rows / 2)
    #expect(known(Self.sketchedRows(fixture)) < rows)
    try fixture.reopen(rowsWithoutSketch: .max)
    #expect(Self.sketchedRows(fixture) == nil)
    let stored = fixture.segments.sorted { $0.key < $1.key }.map(\.value).filter { $0.count > 0 }
    for round in 0..<60 {
      var values = random.unitVector()
      if round % 3 > 0 {
        let segments = stored[Int(random.next() % UInt64(stored.count))]
        values = segments.dequantised(Int(random.next() % UInt64(segments.count)))
      }
      guard let query = Embedding(values) else { continue }
      let k = [1, 5, 10, 100, 1_000][round % 5]
      let excluded: Set<RecordingKey> = round % 2 == 0 ? [RecordingKey(2), RecordingKey(40)] : []
      let found = try sketched.similarMoments(to: query, k: k, excluding: excluded)
      #expect(
        try found == fixture.index.similarMoments(to: query, k: k, excluding: excluded),
        "round \(round), k \(k)")
      guard round % 6 == 0 else { continue }
      let all = BruteForce.similarMoments(
        values, fixture.segments.filter { !excluded.contains($0.key) })
      SearchTests.expectTop(k, of: all, found, "round \(round)")
    }
  }

  /// Recordings and blocks lie across the borders between threads; no recording is lost or found twice.
  @Test func howManyThreadsShareTheWorkDoesNotMatter() throws {
    var random = SplitMix64(seed: 67)
    let fixture = try IndexFixture(rowsWithoutSketch: 1)
    try Self.fill(fixture, 1...200, &random)
    let (snapshot, places) = fixture.index.state.withLock { ($0.snapshot, $0.slotOfKey) }
    #expect(known(snapshot.segmentSketches).count > 2_048)
    let stored = fixture.segments.sorted { $0.key < $1.key }.map(\.value).filter { $0.count > 0 }
    for segments in stored.prefix(20) {
      let scan = SegmentScan(
        snapshot: snapshot, query: PreparedQuery(known(Embedding(segments.dequantised(0)))),
        selection: Selection(allowed: nil, excluding: [], places: places, in: snapshot),
        kernels: fixture.kernels)
      for k in [1, 12, 500] {
        let alone = try scan.run(count: k, parts: 1).hits
        #expect(Set(alone.map(\.recording)).count == alone.count)
        for parts in [2, 3, 7, 40] {
          #expect(try scan.run(count: k, parts: parts).hits == alone, "k \(k), \(parts) parts")
        }
      }
    }
  }

  /// A fixture with sketches of all its rows, and an answer to hold others against.
  private static func sketchedFixture() throws -> (IndexFixture, Embedding, [Hit]) {
    var random = SplitMix64(seed: 62)
    let fixture = try IndexFixture(rowsWithoutSketch: 1)
    for key in Int64(1)...32 {
      try fixture.add(key, pooled: random.unitVector(), segments: random.segments(25))
    }
    let query = known(Embedding(known(fixture.segments[RecordingKey(3)]).dequantised(7)))
    return (fixture, query, try fixture.index.similarMoments(to: query, k: 9))
  }

  @Test func soundSketchesAreTakenAsTheyAre() throws {
    let (fixture, query, answer) = try Self.sketchedFixture()
    let before = try Data(contentsOf: fixture.file(.segmentSketches))
    #expect(before.count == 4_096 + SketchLayout.segments.bytesPerChunk)
    #expect(
      fixture.file(.segmentSketches).lastPathComponent == "segment-sketches-010101010101-1.hark")
    // Nothing needs to be written, so it does not matter that nothing can be.
    var fileSystem = FileSystem.system
    fileSystem.write = { _, _, _ in -28 }
    try fixture.reopen(fileSystem: fileSystem, rowsWithoutSketch: 1)
    fixture.index.sketchRows()
    #expect(Self.sketchedRows(fixture) == 800)
    #expect(try fixture.index.similarMoments(to: query, k: 9) == answer)
    #expect(try Data(contentsOf: fixture.file(.segmentSketches)) == before)
  }

  /// Rows that no one refers to are cut off at a start, and others take their place.
  @Test func sketchesOfRowsThatWentAreNotTaken() throws {
    let (fixture, _, _) = try Self.sketchedFixture()
    var random = SplitMix64(seed: 63)
    for key in Int64(20)...32 { fixture.remove(key) }
    try fixture.reopen(rowsWithoutSketch: .max)
    for key in Int64(33)...45 {
      try fixture.add(key, pooled: random.unitVector(), segments: random.segments(25))
    }
    try fixture.reopen(rowsWithoutSketch: 1)
    fixture.index.sketchRows()
    #expect(Self.sketchedRows(fixture) == 800)
    for key in Int64(15)...45 {
      guard let segments = fixture.segments[RecordingKey(key)] else { continue }
      let query = known(Embedding(segments.dequantised(11)))
      let hit = try #require(try fixture.index.similarMoments(to: query, k: 1).first)
      #expect(hit.recording == RecordingKey(key) && hit.score > 1 - 1e-12)
    }
  }

  @Test func withoutRoomForThemQueriesGoOn() throws {
    let (fixture, query, answer) = try Self.sketchedFixture()
    try FileManager.default.removeItem(at: fixture.file(.segmentSketches))
    var fileSystem = FileSystem.system
    fileSystem.write = { _, _, _ in -28 }
    try fixture.reopen(fileSystem: fileSystem, rowsWithoutSketch: 1)
    fixture.index.sketchRows()
    #expect(Self.sketchedRows(fixture) == nil)
    #expect(try fixture.index.similarMoments(to: query, k: 9) == answer)
  }

  @Test func aFileThatShrinksIsNoLongerRead() throws {
    let (fixture, query, answer) = try Self.sketchedFixture()
    let handle = try FileHandle(forWritingTo: fixture.file(.segmentSketches))
    try handle.truncate(atOffset: 4_096 + 3 * 1_088)
    #expect(try fixture.index.similarMoments(to: query, k: 9) == answer)
    // The next sketches make the file longer again, with zeros where the first ones were.
    var random = SplitMix64(seed: 64)
    try fixture.add(50, pooled: random.unitVector(), segments: random.segments(64))
    #expect(Self.sketchedRows(fixture) == 864)
    let sketched = try fixture.index.similarMoments(to: query, k: 9)
    try fixture.reopen(rowsWithoutSketch: .max)
    #expect(try sketched == fixture.index.similarMoments(to: query, k: 9))
    #expect(sketched.first == answer.first)
  }

  /// Sketches of more than one chunk, made a few blocks at a time.
  @Test func chunksGrowBlockByBlock() throws {
    let fixture = try IndexFixture(rowsWithoutSketch: 150)
    var random = SplitMix64(seed: 65)
    let some = (0..<7).map { _ in random.segments(37) }
    let count = 2 * SketchLayout.rowsPerChunk / 37 + 9
    for key in 1...count {
      try fixture.add(Int64(key), pooled: random.unitVector(), segments: some[key % 7])
    }
    #expect(known(Self.sketchedRows(fixture)) > 2 * SketchLayout.rowsPerChunk - 700)
    let query = known(Embedding(some[3].dequantised(30)))
    let answer = try fixture.index.similarMoments(to: query, k: 30)
    let copies: [Int64] = (0..<30).map { 3 + 7 * $0 }
    #expect(answer.map(\.recording.rawValue) == copies)
    let before = try Data(contentsOf: fixture.file(.segmentSketches))
    try fixture.reopen(rowsWithoutSketch: 1)
    fixture.index.sketchRows()
    #expect(Self.sketchedRows(fixture) == 37 * count / 16 * 16)
    #expect(try fixture.index.similarMoments(to: query, k: 30) == answer)
    // What was sound was taken as it was.
    let after = try Data(contentsOf: fixture.file(.segmentSketches))
    #expect(after.prefix(4_096 + 278_528) == before.prefix(4_096 + 278_528))
  }

  @Test func compactionMakesItsOwn() throws {
    let (fixture, query, _) = try Self.sketchedFixture()
    for key in stride(from: Int64(2), to: 32, by: 2) { fixture.remove(key) }
    let answer = try fixture.index.similarMoments(to: query, k: 9)
    try fixture.index.adopt(fixture.index.compact())
    #expect(Self.sketchedRows(fixture) == 17 * 25 / 16 * 16)
    #expect(try fixture.index.similarMoments(to: query, k: 9) == answer)
    #expect(!FileManager.default.fileExists(atPath: fixture.file(.segmentSketches).path))
    let known: Set = [IndexGeneration(model: fixture.model, generation: 2)]
    #expect(try IndexFiles.orphaned(in: fixture.path, known: known).isEmpty)
    #expect(
      try IndexFiles.orphaned(in: fixture.path, known: []).map { $0.lastComponent?.string }
        .contains("segment-sketches-010101010101-2.hark"))
  }

  /// Slots may be set in any order; where a row lies is found all the same.
  @Test func theSlotOfARowIsFound() {
    var random = SplitMix64(seed: 66)
    for round in 0..<50 {
      var slots: [Slot] = []
      var end = 0
      for key in 1...Int64(60) {
        let count = Int32(random.next() % 4)
        end += round % 2 == 0 ? 0 : Int(random.next() % 3)
        slots.append(
          Slot(
            key: key, firstSegment: end, segmentCount: count, pooledChecksum: 0,
            segmentsChecksum: 0))
        end += Int(count)
      }
      var table = SlotTable()
      let order = slots.indices.shuffled(using: &random)
      for (number, index) in order.enumerated() {
        table.set(index, to: slots[index])
        guard number % 10 == 9 else { continue }
        for row in 0..<end {
          let here = order[...number].first { slots[$0].segments.contains(row) }
          let start = Int(random.next() % UInt64((here ?? 0) + 1))
          let found = table.lastSlot(withSegmentsUpTo: row, from: start)
          let isThere = table[found].isLive && table[found].segments.contains(row)
          #expect(isThere == (here != nil) && (here == nil || found == here))
        }
      }
    }
  }
}
