import Core
import Foundation
import MappedFiles
import TestSupport
import Testing

@testable import VectorIndex

/// Sketches make a query read less and change nothing else.
@Suite struct SketchTests {
  /// Rows as networks give them, and rows made to hurt: one large value among small ones, halves of a
  /// step, denormals, the largest floats, zero.
  static func row(_ random: inout SplitMix64) -> [Float] {
    var row = random.unitVector()
    switch random.next() % 8 {
    case 0: row = row.map { $0 * 0.004 }
    case 1:
      row = row.map { _ in (random.unit() < 0.5 ? -1 : 1) / 254 * 0.99999 }
      row[5] = 1
    case 2: row = row.map { $0 * 1e-38 }
    case 3: row = row.map { $0 * 3e38 }
    case 4: row = row.indices.map { $0 == 17 ? 1e-3 : 0 }
    case 5 where random.next() % 4 == 0: row = row.map { _ in 0 }
    default: break
    }
    return row
  }

  private static func clustered(_ count: Int, seed: UInt64) -> [[Float]] {
    var random = SplitMix64(seed: seed)
    let centres = (0..<7).map { _ in random.unitVector() }
    return (0..<count).map { number in
      guard number % 5 > 0 else { return row(&random) }
      let centre = centres[number % centres.count]
      return zip(centre, random.vector(128)).map { $0 + $1 * 0.02 }
    }
  }

  @Test(arguments: SearchTests.kernels)
  func answersAreTheSameWithAndWithout(_ name: String) throws {
    let kernels = known(Kernels(named: name))
    let fixture = try IndexFixture(kernels: kernels, rowsWithoutSketch: 100)
    for (number, values) in Self.clustered(700, seed: 32).enumerated() {
      try fixture.add(Int64(number + 1), pooled: values)
    }
    for key in stride(from: Int64(4), to: 700, by: 17) { fixture.remove(key) }
    let sketched = fixture.index
    #expect(sketched.state.withLock { $0.snapshot.sketches?.count } == 672)
    try fixture.reopen(rowsWithoutSketch: .max)
    #expect(fixture.index.state.withLock { $0.snapshot.sketches == nil })
    var random = SplitMix64(seed: 33)
    var asked: [Embedding] = []
    for round in 0..<60 {
      let values =
        round % 3 == 0
        ? random.unitVector() : Array(fixture.pooled.values)[Int(random.next() % 600)]
      guard let query = Embedding(values) else { continue }
      let k = [1, 5, 10, 100, 1_000][round % 5]
      let excluded: Set<RecordingKey> = round % 2 == 0 ? [RecordingKey(2), RecordingKey(9)] : []
      #expect(
        try sketched.similar(to: query, k: k, excluding: excluded)
          == fixture.index.similar(to: query, k: k, excluding: excluded), "round \(round), k \(k)")
      asked.append(query)
    }
    // Queries that share a scan do not see each other.
    for count in [2, 5, 16, 23, asked.count] {
      for queries in [Array(asked.prefix(count)), asked.prefix(count).reversed()] {
        let together = try sketched.similar(toEach: queries, k: 10)
        #expect(try together == queries.map { try fixture.index.similar(to: $0, k: 10) })
      }
    }
  }

  /// A fixture with sketches of all its rows, and an answer to hold others against.
  private func sketchedFixture() throws -> (IndexFixture, Embedding, [Hit]) {
    let fixture = try IndexFixture(rowsWithoutSketch: 64)
    for (number, values) in Self.clustered(256, seed: 34).enumerated() {
      try fixture.add(Int64(number + 1), pooled: values)
    }
    let query = known(Embedding(known(fixture.pooled[RecordingKey(3)])))
    return (fixture, query, try fixture.index.similar(to: query, k: 20))
  }

  @Test func soundSketchesAreTakenAsTheyAre() throws {
    let (fixture, query, answer) = try sketchedFixture()
    let before = try Data(contentsOf: fixture.file(.sketches))
    #expect(before.count == 4096 + SketchLayout.recordings.bytesPerChunk)
    // Nothing needs to be written, so it does not matter that nothing can be.
    var fileSystem = FileSystem.system
    fileSystem.write = { _, _, _ in -28 }
    try fixture.reopen(fileSystem: fileSystem, rowsWithoutSketch: 64)
    #expect(try fixture.index.similar(to: query, k: 20) == answer)
    fixture.index.sketchRows()
    #expect(fixture.index.state.withLock { $0.snapshot.sketches?.count } == 256)
    #expect(try fixture.index.similar(to: query, k: 20) == answer)
    #expect(try Data(contentsOf: fixture.file(.sketches)) == before)
  }

  @Test func damagedSketchesAreMadeAnew() throws {
    let (fixture, query, answer) = try sketchedFixture()
    let sound = try Data(contentsOf: fixture.file(.sketches))
    var random = SplitMix64(seed: 35)
    for round in 0..<40 {
      var damaged = sound
      switch round {
      case 0: damaged = Data()
      case 1: damaged = sound.prefix(4096 + 100 * 136 + 5)
      case 2: damaged = Self.olderFile(of: fixture)
      default:
        let places = [
          0..<4096, 4096..<4096 + 16 * 1088,
          4096 + SketchLayout.secondPlanes..<4096 + SketchLayout.secondPlanes + 256 * 64,
          4096 + SketchLayout.recordings.checksums..<4096 + SketchLayout.recordings.checksums + 16
            * 4,
        ][round % 4]
        let place = places.lowerBound + Int(random.next() % UInt64(places.count))
        damaged[place] ^= UInt8(1 << (random.next() % 8))
      }
      try damaged.write(to: fixture.file(.sketches))
      try fixture.reopen(rowsWithoutSketch: 64)
      fixture.index.sketchRows()
      #expect(try fixture.index.similar(to: query, k: 20) == answer, "round \(round)")
      #expect(try Data(contentsOf: fixture.file(.sketches)) == sound, "round \(round)")
    }
  }

  /// As Hark wrote them when a sketch was a row of 8-bit codes.
  private static func olderFile(of fixture: IndexFixture) -> Data {
    var page = IndexHeader(kind: .sketches, model: fixture.model, generation: 1).page
    page.set(UInt32(3), at: 20)
    page.set(UInt32(136), at: 24)
    return Data(page.encoded) + Data(repeating: 1, count: 256 * 136)
  }

  @Test func withoutRoomForThemQueriesGoOn() throws {
    let (fixture, query, answer) = try sketchedFixture()
    try FileManager.default.removeItem(at: fixture.file(.sketches))
    var fileSystem = FileSystem.system
    fileSystem.write = { _, _, _ in -28 }
    try fixture.reopen(fileSystem: fileSystem, rowsWithoutSketch: 64)
    fixture.index.sketchRows()
    #expect(fixture.index.state.withLock { $0.snapshot.sketches == nil })
    #expect(try fixture.index.similar(to: query, k: 20) == answer)
  }

  @Test func aFileThatShrinksIsNoLongerRead() throws {
    let (fixture, query, answer) = try sketchedFixture()
    let handle = try FileHandle(forWritingTo: fixture.file(.sketches))
    try handle.truncate(atOffset: 4096 + 3 * 1088)
    #expect(try fixture.index.similar(to: query, k: 20) == answer)
    // The next sketches make the file longer again, with zeros where the first ones were.
    var random = SplitMix64(seed: 36)
    for key in Int64(1_001)...1_064 {
      try fixture.add(key, pooled: random.unitVector().map { $0 * 1e-3 })
    }
    #expect(fixture.index.state.withLock { $0.snapshot.sketches?.count } == 320)
    let sketched = try fixture.index.similar(to: query, k: 20)
    try fixture.reopen(rowsWithoutSketch: .max)
    #expect(try sketched == fixture.index.similar(to: query, k: 20))
    #expect(sketched.first == answer.first)
  }

  /// Sketches of more than one chunk, made a few blocks at a time.
  @Test func chunksGrowBlockByBlock() throws {
    let count = SketchLayout.rowsPerChunk + 100
    let fixture = try IndexFixture(rowsWithoutSketch: 700)
    var random = SplitMix64(seed: 37)
    let values = (0..<64).map { _ in random.unitVector() }
    for row in 0..<count {
      let rows = try fixture.index.append(
        pooled: known(Embedding(values[row % 64])), segments: SegmentCodes())
      let key = RecordingKey(Int64(row + 1))
      fixture.stored[key] = StoredRows(key: key, pooled: rows.pooled, segments: rows.segments)
      try fixture.index.publish(key: key, rows: rows)
    }
    let sketches = fixture.index.state.withLock { $0.snapshot.sketches?.count }
    #expect(sketches.map { $0 > count - 700 } == true)
    let query = known(Embedding(values[11]))
    let answer = try fixture.index.similar(to: query, k: 30)
    let copies: [Int64] = (0..<30).map { 12 + 64 * $0 }
    #expect(answer.map(\.recording.rawValue) == copies)
    try fixture.reopen(rowsWithoutSketch: 16)
    fixture.index.sketchRows()
    #expect(
      fixture.index.state.withLock { $0.snapshot.sketches?.count } == count / 16 * 16)
    #expect(try fixture.index.similar(to: query, k: 30) == answer)
  }

  @Test func compactionMakesItsOwn() throws {
    let (fixture, query, _) = try sketchedFixture()
    for key in stride(from: Int64(1), to: 200, by: 2) where key != 3 { fixture.remove(key) }
    let answer = try fixture.index.similar(to: query, k: 20)
    let compacted = try fixture.index.compact()
    try fixture.index.adopt(compacted)
    let sketches = fixture.index.state.withLock { $0.snapshot.sketches }
    #expect(sketches?.count == compacted.rows.count / 16 * 16)
    #expect(try fixture.index.similar(to: query, k: 20) == answer)
    #expect(!FileManager.default.fileExists(atPath: fixture.file(.sketches).path))
    #expect(FileManager.default.fileExists(atPath: fixture.file(.sketches, generation: 2).path))
    // The new generation's file is known by its name, the old one would be left over.
    let known: Set = [IndexGeneration(model: fixture.model, generation: 2)]
    #expect(try IndexFiles.orphaned(in: fixture.path, known: known).isEmpty)
  }
}
