/// The slots that may still belong to the k best, kept while a scan goes on.
///
/// A selecting score is off by at most `error`. Let T be the k-th largest selecting score so far: k
/// slots truly score ≥ T − error, so a slot whose selecting score is below T − 2 · error is out for
/// good, and no other is ever dropped. Complexity: O(1) amortised a slot.
struct Candidates: Sendable {
  struct Candidate: Sendable {
    var score: Float
    var slot: Int32
  }

  let count: Int
  private let margin: Float
  /// Scores below it are out.
  private(set) var threshold = -Float.infinity
  private(set) var items: [Candidate] = []
  /// Slots whose rows are not what was appended, though they may have raised the threshold.
  private(set) var damaged: [Int32] = []
  private var limit: Int

  /// - Parameters:
  ///   - count: k, ≥ 1.
  ///   - error: largest distance of a selecting score from the true one.
  init(count: Int, error: Float) {
    self.count = count
    // Scores lie in [-1, 1]: 2⁻²² covers the subtraction's own rounding.
    margin = 2 * error + 0x1p-22
    // A threshold that lags behind lets more rows through than sorting out costs.
    limit = min(count, 1 << 20) * 5 / 4 + 16
  }

  /// Takes a slot with its selecting score, which is not NaN.
  mutating func offer(_ score: Float, slot: Int) {
    guard score >= threshold else { return }
    items.append(Candidate(score: score, slot: Int32(truncatingIfNeeded: slot)))
    if items.count >= limit { prune() }
  }

  /// Takes what another part of the same scan kept.
  mutating func merge(_ other: Candidates) {
    items += other.items
    damaged += other.damaged
    prune()
  }

  /// Takes a slot that makes what was found worthless, since its rows are damaged.
  mutating func report(damaged slot: Int) { damaged.append(Int32(truncatingIfNeeded: slot)) }

  /// Takes `count` proven lower bounds of different slots' true scores, the least of which is `least`.
  mutating func raise(to least: Float) { threshold = max(threshold, least - margin) }

  /// Drops what is out.
  mutating func prune() {
    guard items.count > count else { return }
    let least = kthLargest(items.map(\.score), count)
    threshold = max(threshold, least - margin)
    items.removeAll { $0.score < threshold }
    // Many equal scores may all have to stay: then the next time comes later.
    limit = max(limit, 2 * items.count)
  }
}

/// The `k`-th largest of `values`, 1 ≤ k ≤ count, none NaN. Quickselect (Hoare 1961), O(n) expected.
func kthLargest(_ values: [Float], _ k: Int) -> Float {
  var values = values
  return values.withUnsafeMutableBufferPointer { values in
    var low = 0
    var high = values.count - 1
    while low < high {
      let a = values[low]
      let b = values[(low + high) / 2]
      let c = values[high]
      let pivot = max(min(a, b), min(max(a, b), c))
      var i = low
      var j = high
      while i <= j {
        while values[i] > pivot { i += 1 }
        while values[j] < pivot { j -= 1 }
        if i <= j {
          values.swapAt(i, j)
          i += 1
          j -= 1
        }
      }
      if k - 1 <= j {
        high = j
      } else if k - 1 >= i {
        low = i
      } else {
        break
      }
    }
    return values[k - 1]
  }
}
