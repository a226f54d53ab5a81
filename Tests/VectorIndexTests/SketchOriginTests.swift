import Core
import Foundation
import TestSupport
import Testing

@testable import VectorIndex

/// A sketch is used for the rows that it was made of, and for no others.
@Suite struct SketchOriginTests {
  private static func add(
    _ keys: ClosedRange<Int64>, to fixture: IndexFixture, _ random: inout SplitMix64
  ) throws {
    for key in keys {
      try fixture.add(key, pooled: random.unitVector(), segments: random.segments(25))
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
      let segment = known(Embedding(known(fixture.segments[key]).dequantised(11)))
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
    try Self.add(1...32, to: fixture, &random)
    try fixture.reopen(rowsWithoutSketch: 1)
    for key in Int64(20)...32 { fixture.index.remove(key: RecordingKey(key)) }
    fixture.index.sketchRows()
    for key in Int64(20)...32 { fixture.remove(key) }
    try fixture.reopen(rowsWithoutSketch: .max)
    try Self.add(33...45, to: fixture, &random)
    try fixture.reopen(rowsWithoutSketch: 1)
    for key in Int64(33)...45 { fixture.index.remove(key: RecordingKey(key)) }
    fixture.index.sketchRows()
    #expect(fixture.index.state.withLock { $0.snapshot.segmentSketches?.count } == 800)
    try Self.publish(33...45, of: fixture)
    try Self.expectFound(33...45, in: fixture)
  }
}
