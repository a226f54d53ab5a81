import Core
import Dispatch
import Synchronization
import TestSupport
import Testing

@testable import VectorIndex

/// Queries while recordings come and go and generations change.
@Suite struct ConcurrencyTests {
  @Test func aQuerySeesOneSnapshot() throws {
    var random = SplitMix64(seed: 71)
    let fixture = try IndexFixture()
    let direction = random.unitVector()
    // Recordings 1…20 stay for ever; the rest come and go in front of them in score.
    for key in Int64(1)...20 {
      try fixture.add(key, pooled: random.unitVector(), segments: random.segments(2))
    }
    let index = fixture.index
    let query = Embedding(direction)!
    let isDone = FailureTests.Flag()
    let faults = Mutex<[String]>([])
    let queries = Mutex(0)
    let group = DispatchGroup()
    for _ in 0..<2 {
      DispatchQueue.global().async(group: group) {
        repeat {
          do {
            let hits = try index.similar(to: query, k: 1_000)
            let moments = try index.similarMoments(to: query, k: 1_000)
            for hits in [hits, moments] {
              let keys = hits.map(\.recording.rawValue)
              let steady = keys.filter { $0 <= 20 }
              // One is published before the one before it is removed.
              let passing = keys.filter { $0 > 20 }
              if steady.count != 20 || passing.count > 2
                || Set(keys).count != keys.count
              {
                faults.withLock { $0.append("\(keys)") }
              }
            }
            queries.withLock { $0 += 1 }
          } catch { faults.withLock { $0.append("\(error)") } }
        } while !isDone.isSet
      }
    }
    for key in Int64(21)...140 {
      try fixture.add(key, pooled: direction, segments: random.segments(1))
      if key > 21 { fixture.remove(key - 1) }
      if key % 30 == 0 { try index.adopt(index.compact()) }
    }
    isDone.set(true)
    group.wait()
    #expect(faults.withLock { $0 } == [])
    #expect(queries.withLock { $0 } >= 2)
    #expect(index.count == 21 && index.verify().isEmpty && index.generation == 5)
  }

  @Test func appendsFromManyThreadsDoNotOverlap() throws {
    let fixture = try IndexFixture()
    let index = fixture.index
    let model = fixture.model
    let stored = Mutex<[StoredRows]>([])
    DispatchQueue.concurrentPerform(iterations: 8) { thread in
      var random = SplitMix64(seed: 72 + UInt64(thread))
      for number in 0..<5 {
        let key = RecordingKey(Int64(thread * 5 + number + 1))
        let rows = try! index.append(
          pooled: Embedding(random.unitVector())!,
          segments: random.segments(Int(random.next() % 4)))
        try! index.synchronise()
        stored.withLock {
          $0.append(StoredRows(key: key, pooled: rows.pooled, segments: rows.segments))
        }
        try! index.publish(key: key, rows: rows)
      }
    }
    #expect(index.count == 40 && index.verify().isEmpty)
    let again = try ModelIndex.open(
      directory: fixture.path, model: model, rows: stored.withLock { $0 }, generation: 1)
    #expect(again.count == 40 && again.verify().isEmpty)
  }

  /// The maps are made anew several times while an old snapshot is being read.
  @Test func growingBeyondTheMapKeepsReaders() throws {
    var random = SplitMix64(seed: 73)
    let fixture = try IndexFixture(mapAhead: 1)
    try fixture.add(1, pooled: random.unitVector(), segments: random.segments(1))
    let first = RecordingKey(1)
    let snapshot = fixture.index.state.withLock { $0.snapshot }
    for key in Int64(2)...40 {
      try fixture.add(key, pooled: random.unitVector(), segments: random.segments(40))
    }
    let rows = snapshot.segments.bytes(0, count: 1)
    let now = fixture.index.state.withLock { $0.snapshot }.segments.bytes(0, count: 1)
    #expect(rows.baseAddress != now.baseAddress)
    let appended = try #require(fixture.segments[first])
    #expect(rows.elementsEqual(appended.rowBytes))
    for key in [first, RecordingKey(40)] {
      let segments = try #require(fixture.segments[key])
      let query = try #require(Embedding(segments.dequantised(0)))
      #expect(try fixture.index.similarMoments(to: query, k: 1).map(\.recording) == [key])
    }
    #expect(try fixture.index.similar(to: Embedding(random.unitVector())!, k: 99).count == 40)
  }
}
