import Core

/// Checks alignments peak by peak: where a recording's peaks ought to be in the query, and whether
/// they are there.
struct Verifier {
  let parameters: FingerprintParameters
  let query: Query
  let image: QueryImage

  init(_ query: Query, _ parameters: FingerprintParameters) {
    self.parameters = parameters
    self.query = query
    image = QueryImage(query, parameters)
  }

  /// The alignment with its line fitted and its evidence weighed.
  /// - Parameter peaks: of the recording, in order of time.
  func verify(_ alignment: Alignment, _ peaks: [Peak]) -> Alignment {
    var fitted = fitted(alignment, peaks)
    weigh(&fitted, points(fitted, peaks))
    return fitted
  }

  /// The alignment fitted again from where it has come to, until it stays: the first fit begins at the warp
  /// that was tried, and what the right one moves by more than its tolerance takes no part in it.
  func refined(_ alignment: Alignment, _ peaks: [Peak]) -> Alignment {
    var best = alignment
    // Of less, peaks say little about the speed, and what was tried is the better guess.
    guard query.seconds >= Self.refinedSeconds else { return best }
    for _ in 0..<Self.refinements {
      let next = verify(best, peaks)
      guard next.evidence >= best.evidence else { break }
      let moved = abs(next.warp.speed - best.warp.speed)
      best = next
      if moved < Self.settledSpeed { break }
    }
    return best
  }

  private static let refinedSeconds = 4.0
  private static let refinements = 6
  private static let settledSpeed = 5e-5

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
