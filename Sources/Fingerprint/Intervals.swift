import Core

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

extension Verifier {
  /// The stretches of the query, in seconds, in which an alignment's recording is heard: those whose
  /// hits and misses speak for it, taken together (all maximal scoring subsequences: Ruzzo & Tompa,
  /// ISMB 1999). The score of a peak is the logarithm of how much likelier it is to be hit or missed
  /// where the recording is heard than by chance.
  func intervals(_ alignment: Alignment, _ peaks: [Peak]) -> [Match.Interval] {
    let points = points(alignment, peaks)
    let heard = min(0.99, max(2 * alignment.chance, Double(alignment.hits) / Double(points.count)))
    let chance = min(alignment.chance, heard / 2)
    let (hit, miss) = (log(heard / chance), log((1 - heard) / (1 - chance)))
    let scores = points.map { image.isSet($0) ? hit : miss }
    let row = parameters.frameSeconds / 2
    let least = 3 * hit
    return Self.maximalRuns(scores).compactMap { run in
      guard scores[run].reduce(0, +) >= least else { return nil }
      return Match.Interval(
        from: Double(points[run.lowerBound].row) * row,
        to: Double(points[run.upperBound - 1].row + 1) * row)
    }
  }

  /// The ranges whose sum neither a longer nor a shorter range within reach exceeds, in order.
  static func maximalRuns(_ scores: [Double]) -> [Range<Int>] {
    struct Run {
      var range: Range<Int>
      var before: Double
      var after: Double
    }
    var runs: [Run] = []
    var total = 0.0
    for (i, score) in scores.enumerated() {
      let before = total
      total += score
      guard score > 0 else { continue }
      var run = Run(range: i..<i + 1, before: before, after: total)
      while let j = runs.lastIndex(where: { $0.before < run.before }), runs[j].after < run.after {
        run = Run(
          range: runs[j].range.lowerBound..<run.range.upperBound, before: runs[j].before,
          after: run.after)
        runs.removeSubrange(j...)
      }
      runs.append(run)
    }
    return runs.map(\.range)
  }
}
