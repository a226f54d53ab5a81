import Core
import Synchronization
import Testing

@testable import Fingerprint

@Suite struct KeptPeaksTests {
  private func peaks(_ count: Int) -> [Peak] {
    (0..<Int32(count)).map { Peak(time: $0, frequency: 1, rank: 0) }
  }

  @Test func whatIsKeptIsReadOnce() {
    let kept = KeptPeaks(limit: 100)
    let reads = Mutex([Int64]())
    func asked(_ key: Int64, _ count: Int) -> Int {
      kept.peaks(of: RecordingKey(key)) {
        reads.withLock { $0.append(key) }
        return peaks(count)
      }.count
    }
    for _ in 0..<3 {
      #expect(asked(1, 40) == 40 && asked(2, 40) == 40)
    }
    #expect(reads.withLock { $0 } == [1, 2])
    // Of more than half of what there is room for, nothing is kept, and nothing is lost by it.
    #expect(asked(3, 51) == 51 && asked(3, 51) == 51)
    #expect(reads.withLock { $0 } == [1, 2, 3, 3])
    // Where there is no room, room is made.
    #expect(asked(4, 30) == 30 && asked(4, 30) == 30 && asked(1, 40) == 40)
    #expect(reads.withLock { $0 } == [1, 2, 3, 3, 4, 1])
  }
}
