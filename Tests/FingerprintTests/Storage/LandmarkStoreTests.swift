import Core
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Fingerprint

@Suite struct LandmarkStoreTests {
  /// Random lives of a store: queries always see exactly what counts.
  @Test(arguments: [11, 12, 13] as [UInt64]) func queriesSeeWhatCounts(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let fixture = try StoreFixture()
    var next = Int64(1)
    for _ in 0..<14 {
      switch random.next() % 6 {
      case 0:
        let keys = fixture.committed.keys.map(\.rawValue).sorted()
        if let key = keys.randomElement(using: &random) { fixture.remove([key]) }
      case 1:
        try fixture.reopen()
        // What is in no run and more than memory is for comes back in the background.
        if fixture.store.missingCount > 0 { try fixture.store.maintain() }
      case 2:
        // The same recording anew, with other peaks.
        if let key = fixture.committed.keys.map(\.rawValue).min() {
          try fixture.add([key], &random)
        }
      case 3: try fixture.store.maintain()
      default:
        try fixture.add([next, next + 1], &random)
        next += 2
      }
      #expect(try fixture.seen() == fixture.oracle)
      #expect(fixture.store.count == fixture.constellations.count)
    }
    try fixture.store.maintain()
    #expect(try fixture.seen() == fixture.oracle)
    #expect(fixture.check().isEmpty, "\(fixture.check())")
    let index = try fixture.store.snapshot()
    #expect(index.count == fixture.constellations.count)
    #expect(index.frames == fixture.constellations.values.reduce(0) { $0 + $1.frames })
    for (key, constellation) in fixture.constellations {
      #expect(try fixture.store.constellation(of: key) == constellation)
      #expect(index.peaks(of: key) == constellation.grids[0])
    }
  }

  @Test func runsAreFewAndMerge() throws {
    var random = SplitMix64(seed: 21)
    let fixture = try StoreFixture()
    for key in Int64(1)...24 {
      try fixture.add([key], &random)
      try fixture.store.maintain()
    }
    #expect((1...4).contains(fixture.runs.count), "\(fixture.runs)")
    #expect(fixture.store.runs.landmarksInMemory < fixture.landmarksPerRun)
    #expect(try fixture.seen() == fixture.oracle)
    // A removal shrinks what is on disk once runs merge.
    fixture.remove(Array(2...24))
    let before = fixture.store.runs.bytes
    try fixture.store.maintain()
    try fixture.store.maintain()
    #expect(fixture.store.runs.bytes < before)
    #expect(try fixture.seen() == fixture.oracle)
  }

  @Test func aSnapshotStaysAsItWas() throws {
    var random = SplitMix64(seed: 22)
    let fixture = try StoreFixture()
    try fixture.add([1, 2, 3, 4], &random)
    try fixture.store.maintain()
    let index = try fixture.store.snapshot()
    let peaks = index.peaks(of: RecordingKey(2))
    fixture.remove([2, 3])
    try fixture.add([5, 6, 7, 8, 9, 10], &random)
    try fixture.store.maintain()
    let compacted = try fixture.store.compact()
    try fixture.store.adopt(compacted)
    #expect(index.count == 4 && index.peaks(of: RecordingKey(2)) == peaks && !peaks.isEmpty)
    var postings = 0
    index.forEachKey { postings += $1.count }
    #expect(postings == index.landmarks)
  }

  @Test func whatWasNotPublishedLeavesNoTrace() throws {
    var random = SplitMix64(seed: 23)
    let fixture = try StoreFixture()
    try fixture.add([1], &random)
    let entry = LandmarkStore.Entry(
      recording: RecordingKey(2), constellation: random.constellation(seconds: 8))
    let lost = try fixture.store.append([entry])
    #expect(try fixture.seen() == fixture.oracle)
    try fixture.reopen()
    #expect(try fixture.seen() == fixture.oracle)
    // Its place is taken by the next.
    #expect(try fixture.store.append([entry]) == lost)
    #expect(fixture.check().isEmpty)
  }

  @Test func compactionLeavesRunsAlone() throws {
    var random = SplitMix64(seed: 24)
    let fixture = try StoreFixture()
    try fixture.add(Array(1...12), &random)
    try fixture.store.maintain()
    let runs = fixture.runs
    fixture.remove([1, 2, 3, 4, 5])
    #expect(fixture.store.waste.deadBytes > 0)
    let compacted = try fixture.store.compact()
    fixture.remove([6])
    #expect(throws: HarkError.self) { try fixture.add([99], &random) }
    fixture.constellations[RecordingKey(99)] = nil
    fixture.committed = compacted.ranges.filter { $0.key.rawValue != 6 }
    fixture.generation = compacted.generation
    try fixture.store.adopt(compacted)
    #expect(try fixture.seen() == fixture.oracle)
    #expect(fixture.runs == runs)
    #expect(fixture.files.filter { $0.hasPrefix("landmarks-1-1") }.isEmpty)
    try fixture.add([13], &random)
    try fixture.reopen()
    #expect(try fixture.seen() == fixture.oracle)
    #expect(fixture.check().isEmpty)
  }

  /// A batch is open until it is published, be it in part: of two analyses of one recording the
  /// catalogue takes one.
  @Test func compactionWaitsForABatchAndNoLonger() throws {
    var random = SplitMix64(seed: 26)
    let fixture = try StoreFixture()
    try fixture.add([1], &random)
    let entries = (2...3).map {
      LandmarkStore.Entry(
        recording: RecordingKey($0), constellation: random.constellation(seconds: 8))
    }
    let ranges = try fixture.store.append(entries)
    #expect(throws: HarkError.self) { _ = try fixture.store.compact() }
    try fixture.store.publish([(entries[0], ranges[0])])
    let compacted = try fixture.store.compact()
    #expect(Set(compacted.ranges.keys.map(\.rawValue)) == [1, 2])
    try fixture.store.adopt(compacted)
  }

  @Test func anAbandonedCompactionChangesNothing() throws {
    var random = SplitMix64(seed: 25)
    let fixture = try StoreFixture()
    try fixture.add([1, 2], &random)
    let files = fixture.files
    try fixture.store.abandon(fixture.store.compact())
    #expect(fixture.files == files)
    try fixture.add([3], &random)
    #expect(try fixture.seen() == fixture.oracle)
  }
}
