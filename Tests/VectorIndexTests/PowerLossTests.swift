import Core
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import VectorIndex

/// The power is cut before and after every synchronisation of a small run: what was not synchronised is
/// lost, torn or comes in another order.
@Suite struct PowerLossTests {
  /// Lives a life, and calls `body` with each state that a disk may be in, and what was committed then.
  private static func cut(
    _ recorder: RecordingFileSystem, seeds: Int,
    _ body: (TemporaryDirectory, IndexLife.Committed, String) throws -> Void
  ) throws -> Int {
    let directory = try TemporaryDirectory()
    var life = IndexLife(directory, recorder.fileSystem)
    life.recorder = recorder
    for step in IndexLife.steps { try life.take(step) }
    return try PowerLoss.replay(recorder.events, seeds: seeds) { image, commits, place in
      try body(image, life.history[commits], place)
    }
  }

  @Test func whatWasCommittedIsThere() throws {
    let states = try Self.cut(RecordingFileSystem(), seeds: 6) { image, committed, place in
      let directory = FilePath(image.path)
      #expect(committed.problems(directory).isEmpty, "\(place)")
      let index = try committed.open(directory, .system)
      #expect(try committed.isWhole(index), "\(place)")
      // And goes on.
      var random = SplitMix64(seed: 5)
      let values = random.unitVector()
      let rows = try index.append(pooled: known(Embedding(values)), segments: random.segments(2))
      try index.publish(key: RecordingKey(50), rows: rows)
      #expect(try index.pooled(of: RecordingKey(50))?.values == values, "\(place)")
    }
    #expect(states > 300)
    Figures.report("states after a power cut, index files", states)
  }

  /// The simulation can tell: of a disk that only says that it has written, rows are missing.
  @Test func aDiskThatLiesIsNoticed() throws {
    var lost = 0
    let states = try Self.cut(RecordingFileSystem(isHonest: false), seeds: 2) {
      image, committed, _ in
      if !committed.problems(FilePath(image.path)).isEmpty { lost += 1 }
    }
    #expect(lost > states / 4, "\(lost) of \(states)")
  }
}
