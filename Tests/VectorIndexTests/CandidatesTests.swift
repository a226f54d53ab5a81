import TestSupport
import Testing

@testable import VectorIndex

@Suite struct CandidatesTests {
  @Test func theKthLargestIsWhatSortingFinds() {
    var random = SplitMix64(seed: 21)
    for count in [1, 2, 3, 10, 257] {
      for distinct in [1, 2, 5, 1_000_000] {
        let values = (0..<count).map { _ in Float(random.next() % UInt64(distinct)) }
        let sorted = values.sorted(by: >)
        for k in Set([1, 2, count / 2, count - 1, count]) where (1...count).contains(k) {
          #expect(kthLargest(values, k) == sorted[k - 1])
        }
      }
    }
  }

  /// Whatever the order of arrival, and across parts, nothing within the margin is dropped.
  @Test(arguments: [1, 3, 100]) func nothingThatMayWinIsDropped(_ k: Int) {
    var random = SplitMix64(seed: 22)
    let error: Float = 0.01
    var scores = (0..<3000).map { _ in (random.unit() * 200).rounded() / 200 }
    for order in 0..<3 {
      if order == 1 { scores.sort() }
      if order == 2 { scores.sort(by: >) }
      var halves = [Candidates(count: k, error: error), Candidates(count: k, error: error)]
      for (slot, score) in scores.enumerated() { halves[slot % 2].offer(score, slot: slot) }
      var all = halves[0]
      all.merge(halves[1])
      all.prune()
      let kth = scores.sorted(by: >)[k - 1]
      let needed = Set(scores.indices.filter { scores[$0] >= kth - 2 * error })
      let kept = Set(all.items.map { Int($0.slot) })
      #expect(needed.isSubset(of: kept))
      #expect(kept.allSatisfy { scores[$0] >= kth - 2.1 * error })
    }
  }
}
