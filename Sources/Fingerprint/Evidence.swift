#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What hits and misses say.
///
/// Chance is not taken from a formula: rhythm and harmony make wrong alignments of music hit far more
/// often than independent peaks would. A peak on a long tone of the query is hit more often than others,
/// which is measured at other alignments of the same stretch and the same query; and more often on a beat
/// of the query than beside it, which is how full the picture's row is. As in a table of two margins, a
/// peak's chance is the one, times how much more than usual the other is.
extension Verifier {
  /// Alignments at which chance is measured, at most, and how far they keep from the one in question.
  private static let shifts = 120
  private static let apart = 10
  /// No hit is certain either.
  private static let greatestChance = 0.95
  /// How probable a hit may be where chance has no part in it.
  private static let hearings = [0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.85, 0.95]

  /// Sets the alignment's hits, surprise and evidence.
  func weigh(_ alignment: inout Alignment, _ points: [QueryImage.Point]) {
    alignment.peaks = points.count
    alignment.hits = image.count(points, shift: 0)
    let span = image.rows - 2 * Self.apart
    guard points.count >= 8, alignment.hits >= 4, span > 8 else { return }
    let shifts = min(Self.shifts, span)
    var counts = [Int](repeating: 0, count: points.count)
    for step in 0..<shifts {
      let isHit = image.hits(points, shift: Self.apart + step * span / shifts)
      for i in points.indices { counts[i] += Int(isHit[i]) }
    }
    // As if each peak had been hit once more in two more trials: none is certain to miss.
    let chances = zip(counts, points).map { count, point in
      let ofColumn = Double(count + 1) / Double(shifts + 2)
      return min(Self.greatestChance, ofColumn * image.fullness(of: point.row))
    }
    alignment.chance = chances.reduce(0, +) / Double(points.count)
    let here = image.hits(points, shift: 0)
    var best = (surprise: 0.0, scores: [Score]())
    for hearing in Self.hearings {
      let scores = chances.map { Score(chance: $0, hearing: hearing) }
      let surprise = Self.sum(scores, here)
      if surprise > best.surprise { best = (surprise, scores) }
    }
    guard best.surprise > 0 else { return }
    alignment.surprise = best.surprise
    alignment.evidence = Self.withoutBestQuarter(best.scores, here, points)
  }

  /// The logarithm of how much likelier a hit and a miss are where the recording is heard than by
  /// chance; their sum exceeds x by chance with a probability of at most exp(−x).
  private struct Score {
    var hit: Double
    var miss: Double

    init(chance: Double, hearing: Double) {
      let heard = chance + (1 - chance) * hearing
      hit = log(heard / chance)
      miss = log((1 - heard) / (1 - chance))
    }
  }

  private static func sum(_ scores: [Score], _ isHit: [UInt8]) -> Double {
    var sum = 0.0
    for i in scores.indices { sum += isHit[i] == 0 ? scores[i].miss : scores[i].hit }
    return sum
  }

  /// The sum over all but that quarter of the stretch which says most.
  private static func withoutBestQuarter(
    _ scores: [Score], _ isHit: [UInt8], _ points: [QueryImage.Point]
  ) -> Double {
    let rows = points.map(\.row)
    guard let first = rows.min(), let last = rows.max() else { return 0 }
    var quarters = [0.0, 0, 0, 0]
    for (i, point) in points.enumerated() {
      let quarter = Int(4 * (point.row - first) / (last - first + 1))
      quarters[quarter] += isHit[i] == 0 ? scores[i].miss : scores[i].hit
    }
    return max(0, quarters.reduce(0, +) - (quarters.max() ?? 0))
  }
}
