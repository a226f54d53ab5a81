import Core
import Dispatch
import Foundation
import MappedFiles
import Synchronization
import TestSupport
import Testing

@testable import VectorIndex

/// Sketches while they are made: what is done is used, what was asked for meanwhile is done as well.
@Suite struct SketchProgressTests {
  /// Holds the first write up after it was closed.
  private final class Gate: Sendable {
    private let isClosed = Mutex(true)
    let reached = DispatchSemaphore(value: 0)
    let opened = DispatchSemaphore(value: 0)

    func pass() {
      let isFirst = isClosed.withLock { isClosed in
        defer { isClosed = false }
        return isClosed
      }
      guard isFirst else { return }
      reached.signal()
      opened.wait()
    }
  }

  private static func sketched(_ fixture: IndexFixture) -> (recordings: Int?, segments: Int?) {
    fixture.index.state.withLock {
      ($0.snapshot.sketches?.count, $0.snapshot.segmentSketches?.count)
    }
  }

  /// The old generation's sketches are being made when the new one is adopted.
  @Test func aNewGenerationIsNotLeftWithout() throws {
    var random = SplitMix64(seed: 91)
    let fixture = try IndexFixture(rowsWithoutSketch: .max)
    for key in Int64(1)...80 {
      try fixture.add(key, pooled: random.unitVector(), segments: random.segments(2))
    }
    let gate = Gate()
    var fileSystem = FileSystem.system
    fileSystem.write = { file, bytes, offset in
      gate.pass()
      return FileSystem.system.write(file, bytes, offset)
    }
    try fixture.reopen(fileSystem: fileSystem, rowsWithoutSketch: 1)
    for key in Int64(3)...12 { fixture.remove(key) }
    let index = fixture.index
    let group = DispatchGroup()
    DispatchQueue.global().async(group: group) { index.sketchRows() }
    gate.reached.wait()
    try index.adopt(index.compact())
    #expect(index.generation == 2 && Self.sketched(fixture) == (nil, nil))
    gate.opened.signal()
    group.wait()
    #expect(Self.sketched(fixture) == (64, 128))
    let known: Set = [IndexGeneration(model: fixture.model, generation: 2)]
    #expect(try IndexFiles.orphaned(in: fixture.path, known: known).isEmpty)
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
