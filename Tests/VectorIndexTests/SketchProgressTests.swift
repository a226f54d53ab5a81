import Core
import Foundation
import MappedFiles
import TestSupport
import Testing

@testable import VectorIndex

/// Sketches while they are made: what is done is used.
@Suite struct SketchProgressTests {
  private static func sketched(_ fixture: IndexFixture) -> (recordings: Int?, segments: Int?) {
    fixture.index.state.withLock {
      ($0.snapshot.sketches?.count, $0.snapshot.segmentSketches?.count)
    }
  }

  /// The disk is full from the third chunk on: the two before it are of use.
  @Test func whatIsDoneIsUsed() throws {
    var random = SplitMix64(seed: 92)
    let fixture = try IndexFixture(rowsWithoutSketch: .max)
    let some = (0..<7).map { _ in random.segments(37) }
    let count = 3 * SketchLayout.rowsPerChunk / 37 + 9
    for key in 1...count {
      try fixture.add(Int64(key), pooled: random.unitVector(), segments: some[key % 7])
    }
    let query = known(Embedding(some[3].dequantised(30)))
    let answer = try fixture.index.similarMoments(to: query, k: 30)
    let isFull = FailureTests.Flag()
    isFull.set(true)
    let limit = 4_096 + 2 * SketchLayout.segments.bytesPerChunk
    var fileSystem = FileSystem.system
    fileSystem.write = { file, bytes, offset in
      isFull.isSet && offset >= limit ? -28 : FileSystem.system.write(file, bytes, offset)
    }
    try fixture.reopen(fileSystem: fileSystem, rowsWithoutSketch: 1)
    for _ in 0..<2 {
      fixture.index.sketchRows()
      #expect(Self.sketched(fixture).segments == 2 * SketchLayout.rowsPerChunk)
      #expect(try fixture.index.similarMoments(to: query, k: 30) == answer)
    }
    isFull.set(false)
    fixture.index.sketchRows()
    #expect(Self.sketched(fixture).segments == 37 * count / 16 * 16)
    #expect(try fixture.index.similarMoments(to: query, k: 30) == answer)
  }

  /// Whoever began to read a file that was cut short goes on finding it short, when others are made.
  @Test func aFileThatShrankIsNotMadeLongerAgain() throws {
    var random = SplitMix64(seed: 93)
    let fixture = try IndexFixture(rowsWithoutSketch: 1)
    for key in Int64(1)...64 { try fixture.add(key, pooled: random.unitVector()) }
    let old = fixture.index.state.withLock { known($0.snapshot.sketches) }
    #expect(old.usable?.count == 64)
    try FileHandle(forUpdating: fixture.file(.sketches)).truncate(atOffset: 4_096 + 2 * 1_088)
    #expect(old.usable == nil)
    for key in Int64(65)...96 { try fixture.add(key, pooled: random.unitVector()) }
    #expect(Self.sketched(fixture).recordings == 96)
    #expect(old.usable == nil)
    let query = known(Embedding(known(fixture.pooled[RecordingKey(5)])))
    #expect(try fixture.index.similar(to: query, k: 1).map(\.recording) == [RecordingKey(5)])
  }
}
