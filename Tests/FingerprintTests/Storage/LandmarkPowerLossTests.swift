import Core
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Fingerprint

/// The power is cut before and after every synchronisation of a small run: what was not synchronised is
/// lost, torn or comes in another order.
@Suite struct LandmarkPowerLossTests {
  /// Lives a life, and calls `body` with each state that a disk may be in, and what was committed then.
  private static func cut(
    _ recorder: RecordingFileSystem, seeds: Int,
    _ body: (TemporaryDirectory, LandmarkLife.Committed, String) throws -> Void
  ) throws -> Int {
    let directory = try TemporaryDirectory()
    var life = LandmarkLife(directory, recorder.fileSystem)
    life.recorder = recorder
    for step in LandmarkLife.steps { try life.take(step) }
    return try PowerLoss.replay(recorder.events, seeds: seeds) { image, commits, place in
      try body(image, life.history[commits], place)
    }
  }

  @Test func whatWasCommittedIsThere() throws {
    let states = try Self.cut(RecordingFileSystem(), seeds: 2) { image, committed, place in
      let directory = FilePath(image.path)
      let damaged = committed.problems(directory).map(\.kind).filter { $0 != .damagedRun }
      #expect(damaged.isEmpty, "\(place)")
      let store = try committed.open(directory, .system)
      try store.maintain()
      #expect(try committed.isWhole(store), "\(place)")
      #expect(try committed.isSeen(by: store), "\(place)")
    }
    #expect(states > 100)
    Figures.report("states after a power cut, landmark files", states)
  }

  /// The simulation can tell: of a disk that only says that it has written, records are missing.
  @Test func aDiskThatLiesIsNoticed() throws {
    var lost = 0
    let states = try Self.cut(RecordingFileSystem(isHonest: false), seeds: 0) {
      image, committed, _ in
      let found = committed.problems(FilePath(image.path)).map(\.kind)
      if found.contains(where: { $0 != .damagedRun }) { lost += 1 }
    }
    #expect(lost > states / 4, "\(lost) of \(states)")
  }
}
