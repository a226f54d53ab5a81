import Core
import Foundation
import TestSupport
import Testing

@testable import VectorIndex

/// A sketch is used for the rows that it was made of, and for no others.
@Suite struct SketchOriginTests {
  private static func add(
    _ keys: ClosedRange<Int64>, segments: Int = 4, to fixture: IndexFixture,
    _ random: inout SplitMix64
  ) throws {
    for key in keys {
      try fixture.add(key, pooled: random.unitVector(), segments: random.segments(segments))
    }
  }

  private static func publish(_ keys: ClosedRange<Int64>, of fixture: IndexFixture) throws {
    for key in keys.map(RecordingKey.init) {
      let rows = known(fixture.stored[key])
      try fixture.index.publish(
        key: key, rows: AppendedRows(pooled: rows.pooled, segments: rows.segments))
    }
  }

  /// Each of these recordings is its own best match.
  private static func expectFound(_ keys: ClosedRange<Int64>, in fixture: IndexFixture) throws {
    for key in keys.map(RecordingKey.init) {
      let pooled = known(Embedding(known(fixture.pooled[key])))
      #expect(try fixture.index.similar(to: pooled, k: 1).map(\.recording) == [key])
      let segments = known(fixture.segments[key])
      let segment = known(Embedding(segments.dequantised(segments.count / 2)))
      let hit = try #require(
        try fixture.index.similarMoments(to: segment, k: 1).first, "recording \(key.rawValue)")
      #expect(hit.recording == key && hit.score > 1 - 1e-12, "recording \(key.rawValue)")
    }
  }

  /// The last recordings' disk is away, then they are forgotten; others take their place in the files,
  /// and their disk is away, too, when the sketches are looked at again.
  @Test func hiddenRowsAreToldFromHiddenRowsInTheirPlace() throws {
    var random = SplitMix64(seed: 81)
    let fixture = try IndexFixture(rowsWithoutSketch: .max)
    try Self.add(1...32, segments: 25, to: fixture, &random)
    try fixture.reopen(rowsWithoutSketch: 1)
    for key in Int64(20)...32 { fixture.index.remove(key: RecordingKey(key)) }
    fixture.index.sketchRows()
    for key in Int64(20)...32 { fixture.remove(key) }
    try fixture.reopen(rowsWithoutSketch: .max)
    try Self.add(33...45, segments: 25, to: fixture, &random)
    try fixture.reopen(rowsWithoutSketch: 1)
    for key in Int64(33)...45 { fixture.index.remove(key: RecordingKey(key)) }
    fixture.index.sketchRows()
    #expect(fixture.index.state.withLock { $0.snapshot.segmentSketches?.count } == 800)
    try Self.publish(33...45, of: fixture)
    try Self.expectFound(33...45, in: fixture)
  }

  /// What was appended and is not shown yet may be something else at the next start, while what lies
  /// behind it is shown first, both times.
  @Test func rowsThatNobodyKnowsHaveNoSketch() throws {
    var random = SplitMix64(seed: 82)
    let fixture = try IndexFixture(rowsWithoutSketch: 1)
    try Self.add(1...96, to: fixture, &random)
    for _ in 0..<96 {
      _ = try fixture.index.append(
        pooled: known(Embedding(random.unitVector())), segments: random.segments(4))
    }
    try Self.add(500...500, to: fixture, &random)
    fixture.remove(500)
    try fixture.reopen(rowsWithoutSketch: .max)
    try Self.add(97...193, to: fixture, &random)
    // As in a process that has appended the last ones and shown none of them yet.
    fixture.index = try ModelIndex(
      directory: fixture.path, model: fixture.model,
      rows: fixture.stored.values.filter { $0.key.rawValue <= 96 }, generation: 1,
      fileSystem: .system, kernels: fixture.kernels, rowsWithoutSketch: 1,
      keeping: (recordings: 193, segments: 772))
    try Self.publish(193...193, of: fixture)
    #expect(fixture.index.state.withLock { $0.snapshot.sketches?.count } == 192)
    try Self.publish(97...192, of: fixture)
    try Self.expectFound(1...193, in: fixture)
  }

  /// Rows that were damaged when they were sketched and come back out of a backup.
  @Test(arguments: RowKind.stored) func damagedRowsHaveNoSketch(_ kind: RowKind) throws {
    var random = SplitMix64(seed: 83)
    let fixture = try IndexFixture(rowsWithoutSketch: .max)
    try Self.add(1...128, to: fixture, &random)
    let sound = try Data(contentsOf: fixture.file(kind))
    let rows = known(fixture.stored[RecordingKey(100)])
    let row = kind == .recordings ? rows.pooled.first : rows.segments.first + 2
    let start = 4_096 + row * kind.bytesPerRow
    var damaged = sound
    let zeros = [UInt8](repeating: 0, count: kind.bytesPerRow)
    damaged.replaceSubrange(start..<start + zeros.count, with: zeros)
    for bytes in [damaged, sound] {
      try bytes.write(to: fixture.file(kind))
      try fixture.reopen(rowsWithoutSketch: 1)
      fixture.index.sketchRows()
      let counts = fixture.index.state.withLock {
        ($0.snapshot.sketches?.count, $0.snapshot.segmentSketches?.count)
      }
      #expect(counts == (128, 512))
    }
    try Self.expectFound(1...128, in: fixture)
  }

  /// A row's sound sketch promises a score that its bytes no longer have.
  @Test func aSketchOfARowThatWasDamagedSinceHidesNothing() throws {
    var random = SplitMix64(seed: 84)
    let fixture = try IndexFixture(rowsWithoutSketch: 1)
    for key in Int64(1)...256 { try fixture.add(key, pooled: random.unitVector()) }
    #expect(fixture.index.state.withLock { $0.snapshot.sketches?.count } == 256)
    let key = RecordingKey(201)
    let values = known(fixture.pooled[key])
    let place = 4_096 + known(fixture.stored[key]).pooled.first * RowKind.recordings.bytesPerRow
    let file = try FileHandle(forUpdating: fixture.file(.recordings))
    try file.seek(toOffset: UInt64(place))
    try file.write(contentsOf: Data(repeating: 0, count: RowKind.recordings.bytesPerRow))
    let hits = try fixture.index.similar(to: known(Embedding(values)), k: 3)
    let others = BruteForce.similar(values, fixture.pooled).dropFirst().prefix(3)
    #expect(hits.map(\.recording) == others.map(\.recording))
    #expect(fixture.index.takeDamaged() == [key])
  }
}
