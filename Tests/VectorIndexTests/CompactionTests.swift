import Core
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import VectorIndex

@Suite struct CompactionTests {
  static func filled() throws -> (IndexFixture, SplitMix64) {
    var random = SplitMix64(seed: 51)
    let fixture = try IndexFixture()
    for key in [Int64(9), 3, 7, 1, 5, 8, 2] {
      try fixture.add(key, pooled: random.unitVector(), segments: random.segments(Int(key) % 4))
    }
    fixture.remove(7)
    try fixture.add(3, pooled: random.unitVector(), segments: random.segments(2))
    return (fixture, random)
  }

  @Test func onlyLiveRowsRemainInTheOrderOfTheirKeys() throws {
    var (fixture, random) = try Self.filled()
    #expect(
      fixture.index.waste
        == IndexWaste(liveRecordings: 6, deadRecordings: 2, liveSegments: 7, deadSegments: 6))
    let query = Embedding(random.unitVector())!
    let before = try fixture.index.similar(to: query, k: 10)
    let moments = try fixture.index.similarMoments(to: query, k: 10)
    let compacted = try fixture.index.compact()
    #expect(compacted.generation == 2)
    #expect(compacted.rows.map(\.key.rawValue) == [1, 2, 3, 5, 8, 9])
    #expect(compacted.rows.map(\.pooled.first) == Array(0..<6))
    #expect(compacted.rows.allSatisfy { $0.pooled.generation == 2 && $0.segments.generation == 2 })
    #expect(fixture.index.generation == 1)
    try fixture.index.adopt(compacted)
    #expect(fixture.index.generation == 2)
    #expect(try fixture.index.similar(to: query, k: 10) == before)
    #expect(try fixture.index.similarMoments(to: query, k: 10) == moments)
    #expect(fixture.index.waste.deadBytes == 0)
    #expect(fixture.index.verify().isEmpty)
    let names = try FileManager.default.contentsOfDirectory(atPath: fixture.directory.path)
    #expect(
      Set(names)
        == Set(
          RowKind.stored.map {
            IndexHeader(kind: $0, model: fixture.model, generation: 2).fileName
          }))
    fixture.stored = Dictionary(uniqueKeysWithValues: compacted.rows.map { ($0.key, $0) })
    try fixture.reopen(generation: 2)
    try fixture.add(20, pooled: random.unitVector(), segments: random.segments(1))
    #expect(fixture.stored[RecordingKey(20)]?.pooled.generation == 2)
    #expect(fixture.index.verify().isEmpty)
  }

  @Test func whatIsRemovedMeanwhileStaysRemoved() throws {
    var (fixture, random) = try Self.filled()
    let compacted = try fixture.index.compact()
    fixture.remove(5)
    #expect(
      FileTests.code {
        _ = try fixture.index.append(
          pooled: Embedding(random.unitVector())!, segments: SegmentCodes())
      } == .unavailable)
    #expect(FileTests.code { _ = try fixture.index.compact() } == .unavailable)
    try fixture.index.adopt(compacted)
    #expect(!fixture.index.contains(RecordingKey(5)))
    let hits = try fixture.index.similar(to: Embedding(random.unitVector())!, k: 10)
    #expect(Set(hits.map(\.recording)) == Set(fixture.stored.keys))
    #expect(fixture.index.waste.deadRecordings == 1)
    #expect(FileTests.code { try fixture.index.adopt(compacted) } == .defect)
    #expect(FileTests.code { try fixture.index.abandon(compacted) } == .defect)
  }

  @Test func anAbandonedCompactionLeavesNothing() throws {
    var (fixture, random) = try Self.filled()
    let compacted = try fixture.index.compact()
    try fixture.index.abandon(compacted)
    #expect(
      try IndexFiles.orphaned(
        in: fixture.path, known: [IndexGeneration(model: fixture.model, generation: 1)]) == [])
    try fixture.add(30, pooled: random.unitVector())
    try fixture.index.adopt(fixture.index.compact())
    #expect(fixture.index.generation == 2 && fixture.index.count == 7)
  }

  @Test func rowsOnTheirWayHoldACompactionBack() throws {
    var (fixture, random) = try Self.filled()
    let rows = try fixture.index.append(
      pooled: Embedding(random.unitVector())!, segments: random.segments(1))
    #expect(FileTests.code { _ = try fixture.index.compact() } == .unavailable)
    try fixture.index.publish(key: RecordingKey(40), rows: rows)
    try fixture.index.adopt(fixture.index.compact())
    #expect(fixture.index.contains(RecordingKey(40)))
    #expect(
      FileTests.code { try fixture.index.publish(key: RecordingKey(41), rows: rows) } == .defect)
  }

  /// Recordings whose disk is away, and one that waits to be shown, keep their rows; what was appended
  /// and came to nothing does not.
  @Test func whatIsReferredToIsKeptUnseen() throws {
    var (fixture, random) = try Self.filled()
    for key in [Int64(1), 8] { fixture.index.remove(key: RecordingKey(key)) }
    let codes = random.segments(3)
    let late = try fixture.index.append(pooled: Embedding(random.unitVector())!, segments: codes)
    let lateKey = RecordingKey(40)
    fixture.stored[lateKey] = StoredRows(key: lateKey, pooled: late.pooled, segments: late.segments)
    _ = try fixture.index.append(
      pooled: Embedding(random.unitVector())!, segments: random.segments(5))
    let query = Embedding(random.unitVector())!
    let before = try fixture.index.similar(to: query, k: 10)
    let moments = try fixture.index.similarMoments(to: query, k: 10)
    let compacted = try fixture.index.compact(keeping: Array(fixture.stored.values))
    #expect(compacted.rows.map(\.key.rawValue) == [1, 2, 3, 5, 8, 9, 40])
    #expect(try fixture.index.similar(to: query, k: 10) == before)
    fixture.index.remove(key: RecordingKey(9))
    try fixture.index.adopt(compacted)
    #expect(
      try fixture.index.similar(to: query, k: 10) == before.filter { $0.recording.rawValue != 9 })
    #expect(
      try fixture.index.similarMoments(to: query, k: 10)
        == moments.filter { $0.recording.rawValue != 9 })
    for row in compacted.rows where [1, 8, 9, 40].contains(row.key.rawValue) {
      #expect(!fixture.index.contains(row.key))
      try fixture.index.publish(
        key: row.key, rows: AppendedRows(pooled: row.pooled, segments: row.segments))
    }
    #expect(try fixture.index.segments(of: lateKey) == codes)
    #expect(fixture.index.count == 7 && fixture.index.verify().isEmpty)
    #expect(fixture.index.waste.deadBytes == 0)
  }

  @Test func leftoversAreListedAndNothingElse() throws {
    let (fixture, _) = try Self.filled()
    let other = IndexGeneration(model: IndexFixture.modelID(2), generation: 3)
    let orphans = other.fileNames + ["segments-010101010101-2.hark.new"]
    for name in orphans + ["notes.hark", "recordings-xyz-1.hark", "catalogue.sqlite", "a-b-c"] {
      try Data().write(to: fixture.directory(name))
    }
    let known: Set = [IndexGeneration(model: fixture.model, generation: 1)]
    #expect(
      try IndexFiles.orphaned(in: fixture.path, known: known)
        == orphans.sorted().map { fixture.path.appending($0) })
    #expect(
      try IndexFiles.orphaned(in: fixture.path, known: known.union([other])).count == 1)
    #expect(
      FileTests.code {
        _ = try IndexFiles.orphaned(in: fixture.path.appending("none"), known: [])
      } == .notFound)
  }
}
