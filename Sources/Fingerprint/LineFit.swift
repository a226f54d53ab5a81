import Core

extension Verifier {
  /// A recording's peak beside the query's nearest, in frames and in bins.
  struct Pair {
    var query: Double
    var recording: Double
    var queryBin: Double
    var recordingBin: Double
  }

  /// Fits the line of recording time against query time to the pairs of peaks that lie about it, and
  /// again with a narrower tolerance, as iterated closest points do (Besl & McKay, 1992).
  ///
  /// The slope is expected to be the alignment's own, give or take ``slopeDeviation``; so a short
  /// query, whose peaks cannot tell it, does not bend the line to gather a few more of them.
  func fitted(_ alignment: Alignment, _ peaks: [Peak]) -> Alignment {
    var best = alignment
    for tolerance in [3.0, 2.0, 1.5, 1.25] {
      let pairs = pairs(best, peaks, tolerance)
      guard pairs.count >= 8 else { break }
      let count = Double(pairs.count)
      let meanQuery = pairs.reduce(0) { $0 + $1.query } / count
      let meanRecording = pairs.reduce(0) { $0 + $1.recording } / count
      // Least squares with a normal prior, on what differs from the alignment's own slopes.
      var (late, time) = (0.0, Self.pairDeviation / Self.slopeDeviation)
      time *= time
      var (high, frequency) = (0.0, time)
      for pair in pairs {
        let x = pair.query - meanQuery
        late += x * (pair.recording - meanRecording - alignment.warp.speed * x)
        time += x * x
        high += pair.recordingBin * (pair.queryBin - alignment.warp.pitch * pair.recordingBin)
        frequency += pair.recordingBin * pair.recordingBin
      }
      best.warp.speed = alignment.warp.speed + late / time
      best.warp.pitch = alignment.warp.pitch + high / frequency
      best.start = meanRecording - best.warp.speed * meanQuery
    }
    return best
  }

  /// How far a pair's times (in frames) or bins differ by rounding and chance.
  private static let pairDeviation = 0.5
  /// How far an alignment's speed and pitch are off: less than from one warp of the grid to the next.
  private static let slopeDeviation = 0.002

  private func pairs(_ alignment: Alignment, _ peaks: [Peak], _ tolerance: Double) -> [Pair] {
    let scale = Double(Peak.scale)
    let bins = 1.5 * scale
    let frames = tolerance * scale
    var pairs: [Pair] = []
    let begin = alignment.start * scale
    let end = begin + Double(query.frames) * scale * alignment.warp.speed
    var first = [0, 0]
    var i = peaks.firstIndex(after: Int32(clamping: Int(begin)))
    while i < peaks.count, Double(peaks[i].time) < end {
      let time = (Double(peaks[i].time) - begin) / alignment.warp.speed
      let frequency = Double(peaks[i].frequency) * alignment.warp.pitch
      var nearest: Peak?
      var least = frames * frames + bins * bins
      for (g, grid) in query.grids.enumerated() {
        while first[g] < grid.count, Double(grid[first[g]].time) < time - 6 * scale {
          first[g] += 1
        }
        var j = first[g]
        while j < grid.count, Double(grid[j].time) <= time + 6 * scale {
          let late = Double(grid[j].time) - time
          let high = Double(grid[j].frequency) - frequency
          if abs(late) <= frames, abs(high) <= bins, late * late + high * high < least {
            least = late * late + high * high
            nearest = grid[j]
          }
          j += 1
        }
      }
      if let nearest {
        pairs.append(
          Pair(
            query: Double(nearest.time) / scale, recording: Double(peaks[i].time) / scale,
            queryBin: Double(nearest.frequency) / scale,
            recordingBin: Double(peaks[i].frequency) / scale))
      }
      i += 1
    }
    return pairs
  }
}
