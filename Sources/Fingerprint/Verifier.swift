#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Checks alignments peak by peak: of the recording's peaks, how many has the query, and how many
/// would it have by chance?
///
/// Chance is not taken from a formula: rhythm and harmony make wrong alignments of music hit far
/// more often than independent peaks would. It is measured, at other alignments of the same stretch
/// and the same query.
struct Verifier {
  let parameters: FingerprintParameters
  let query: Query
  let image: QueryImage

  /// Alignments at which chance is measured, at most, and how far they keep from the one in question.
  private static let shifts = 120
  private static let apart = 10
  /// Of those, the share with the most hits that is left out: a query that repeats itself exactly
  /// matches there too, and that is no chance.
  private static let repeats = 0.08

  init(_ query: Query, _ parameters: FingerprintParameters) {
    self.parameters = parameters
    self.query = query
    image = QueryImage(query, parameters)
  }

  /// The alignment with its line fitted and its evidence.
  /// - Parameter peaks: of the recording, in order of time.
  func verify(_ alignment: Alignment, _ peaks: [Peak]) -> Alignment {
    var best = alignment
    best = fitted(best, peaks)
    let points = points(best, peaks)
    best.peaks = points.count
    best.hits = image.count(points, shift: 0)
    measure(&best, points)
    return best
  }

  /// Where the recording's peaks ought to be in the query.
  func points(_ alignment: Alignment, _ peaks: [Peak]) -> [QueryImage.Point] {
    let start = alignment.start * Double(Peak.scale)
    let end = start + Double(image.rows) * 4 * alignment.warp.speed
    var points: [QueryImage.Point] = []
    var i = peaks.firstIndex(after: Int32(clamping: Int(start)))
    while i < peaks.count, Double(peaks[i].time) < end {
      let time = (Double(peaks[i].time) - start) / alignment.warp.speed
      let row = Int32(time.rounded(.down)) >> 2
      if row >= 0, row < Int32(image.rows),
        let column = image.column(Double(peaks[i].frequency) * alignment.warp.pitch)
      {
        points.append(.init(row: row, column: column, peak: Int32(i)))
      }
      i += 1
    }
    return points
  }

  private func measure(_ alignment: inout Alignment, _ points: [QueryImage.Point]) {
    let span = image.rows - 2 * Self.apart
    guard points.count >= 8, span > 8 else { return }
    let shifts = min(Self.shifts, span)
    var counts = (0..<shifts).map { step in
      Double(image.count(points, shift: Self.apart + step * span / shifts))
    }
    counts.sort()
    counts.removeLast(Int(Double(counts.count) * Self.repeats))
    let mean = counts.reduce(0, +) / Double(counts.count)
    let variance =
      counts.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(max(1, counts.count - 1))
    let total = Double(points.count)
    // Half a hit more than measured: few peaks that are never hit elsewhere are no certainty.
    let chance = (mean + 0.5) / (total + 1)
    alignment.chance = chance
    alignment.dispersion = max(1, variance / (total * chance * (1 - chance)))
    alignment.surprise = Self.surprise(hits: Double(alignment.hits), of: total, chance)
    alignment.evidence = withoutBestQuarter(points, chance) / alignment.dispersion
  }

  private func withoutBestQuarter(_ points: [QueryImage.Point], _ chance: Double) -> Double {
    let rows = points.map(\.row)
    guard let first = rows.min(), let last = rows.max() else { return 0 }
    var hits = [Int](repeating: 0, count: 4)
    var peaks = hits
    for point in points {
      let quarter = Int(4 * (point.row - first) / (last - first + 1))
      peaks[quarter] += 1
      if image.isSet(point) { hits[quarter] += 1 }
    }
    let (allHits, all) = (hits.reduce(0, +), points.count)
    let without = (0..<4).map {
      Self.surprise(hits: Double(allHits - hits[$0]), of: Double(all - peaks[$0]), chance)
    }
    return without.min() ?? 0
  }

  /// Chernoff's bound on −ln P(at least so many hits), 0 where there are no more than expected.
  static func surprise(hits: Double, of total: Double, _ chance: Double) -> Double {
    guard total > 0, hits > total * chance else { return 0 }
    let share = hits / total
    var sum = share * log(share / chance)
    if share < 1 { sum += (1 - share) * log((1 - share) / (1 - chance)) }
    return total * sum
  }
}

extension [Peak] {
  /// The first peak at or after a time in eighths of a frame.
  func firstIndex(after time: Int32) -> Int {
    var (low, high) = (0, count)
    while low < high {
      let middle = (low + high) / 2
      if self[middle].time < time { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
