import CLinux
import Core
import Synchronization
import Threads

/// Splits a scan over threads and gathers what its parts kept.
enum Scan {
  /// A second thread pays for its start from about this many bytes on.
  static let bytesForTwoThreads = 8 << 20

  /// Number of parts for a scan over `bytes`.
  static func parts(bytes: Int) -> Int {
    bytes < bytesForTwoThreads || processors < 2 ? 1 : 2
  }

  /// What a unit or `taskset` leaves this process, asked once.
  private static let processors = hark_core_count()

  /// Runs `body` for each part, at the same time where there are several, and merges what they return.
  static func gather<Kept: Sendable>(
    parts: Int, _ body: @Sendable (_ part: Int) -> Kept,
    merge: @Sendable (inout Kept, Kept) -> Void
  ) -> Kept {
    guard parts > 1 else { return body(0) }
    let gathered = Mutex<Kept?>(nil)
    ParallelLoop.run(turns: parts) { part in
      let kept = body(part)
      gathered.withLock {
        guard var all = $0 else { return $0 = kept }
        $0 = nil
        merge(&all, kept)
        $0 = all
      }
    }
    return gathered.withLock { $0 } ?? body(0)
  }

  /// Part `part` of `range`, cut into `parts`.
  static func slice(_ range: Range<Int>, part: Int, of parts: Int) -> Range<Int> {
    let low = range.lowerBound + range.count * part / parts
    let high = range.lowerBound + range.count * (part + 1) / parts
    return low..<high
  }
}

/// The best first, ties by key: the order of every answer.
func orderedHits(_ hits: [Hit], count: Int) -> [Hit] {
  let sorted = hits.sorted {
    $0.score != $1.score ? $0.score > $1.score : $0.recording < $1.recording
  }
  return Array(sorted.prefix(count))
}
