import Core

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The peaks of two recordings that lie on each other along a line, and the line that fits them best.
struct PeakPairs {
  /// In frames and bins.
  struct Pair {
    var first: Double
    var second: Double
    var firstBin: Double
    var secondBin: Double
  }

  /// A line with what is known about it.
  struct Fit {
    var line: Line
    /// A frequency in the first over the same one in the second.
    var pitch: Double
    var pairs: [Pair]
    /// Standard deviation of the pairs about the line, in frames of the second.
    var residual: Double
    /// Standard error of the line in the middle of its pairs, and of its speed.
    var middle: Double
    var middleError: Double
    var speedError: Double

    /// Standard error of the line at a frame of the first.
    func error(at first: Double) -> Double {
      let away = (first - middle) * speedError
      return (middleError * middleError + away * away).squareRoot()
    }

    /// The same line read the other way round, with the same errors in the other's frames.
    var inverse: Fit {
      let speed = line.speed
      return Fit(
        line: line.inverse, pitch: 1 / pitch,
        pairs: pairs.map {
          Pair(
            first: $0.second, second: $0.first, firstBin: $0.secondBin, secondBin: $0.firstBin)
        },
        residual: residual / speed, middle: line(middle), middleError: middleError / speed,
        speedError: speedError / (speed * speed))
    }
  }

  /// In order of time.
  let first: [Peak]
  /// In order of time.
  let second: [Peak]

  /// Tolerances of the fits that follow each other, in frames: the first has to bridge what the line
  /// that is begun with is off, the last keeps to the peaks that are the same.
  private static let tolerances = [4.0, 3, 2.5, 2, 1.5, 1.25, 1.25, 1.25]
  private static let bins = 1.5
  /// Pairs within so many frames share their errors: a beat is heard late or early as a whole.
  private static let cluster = 31.0
  /// The whole of a recording.
  static let everywhere = [-Double.infinity..<Double.infinity]

  /// Least squares over the pairs about a line, again and again with a narrower tolerance (iterated
  /// closest points: Besl & McKay, 1992). Unlike a search's own fit it expects no speed in particular,
  /// since whole recordings tell it exactly.
  /// - Parameter stretches: of the first, in frames and in order of time; pairs beside them do not count.
  /// - Returns: nil where fewer than 16 pairs lie about the line, or all in one place.
  func fit(
    _ line: Line, pitch: Double, within stretches: [Range<Double>] = PeakPairs.everywhere
  ) -> Fit? {
    var fit = Fit(
      line: line, pitch: pitch, pairs: [], residual: 0, middle: 0, middleError: 0, speedError: 0)
    for tolerance in Self.tolerances {
      fit.pairs = pairs(fit.line, pitch: fit.pitch, tolerance, within: stretches)
      guard refine(&fit) else { return nil }
    }
    return fit
  }

  private func refine(_ fit: inout Fit) -> Bool {
    guard fit.pairs.count >= 16 else { return false }
    let count = Double(fit.pairs.count)
    let meanFirst = fit.pairs.reduce(0) { $0 + $1.first } / count
    let meanSecond = fit.pairs.reduce(0) { $0 + $1.second } / count
    var (square, product, high, low) = (0.0, 0.0, 0.0, 0.0)
    for pair in fit.pairs {
      let x = pair.first - meanFirst
      square += x * x
      product += x * (pair.second - meanSecond)
      high += pair.firstBin * pair.secondBin
      low += pair.secondBin * pair.secondBin
    }
    guard square > count * Self.cluster else { return false }
    let speed = product / square
    fit.line = Line(start: meanSecond - speed * meanFirst, speed: speed)
    fit.pitch = high / low
    // Errors that do not take neighbouring pairs for independent ones (Liang & Zeger, 1986).
    var (sum, late, tilt) = (0.0, 0.0, 0.0)
    var (lateOfCluster, tiltOfCluster, cluster) = (0.0, 0.0, -1.0)
    for pair in fit.pairs + [Pair(first: .infinity, second: 0, firstBin: 0, secondBin: 0)] {
      let place = (pair.first / Self.cluster).rounded(.down)
      if place != cluster {
        late += lateOfCluster * lateOfCluster
        tilt += tiltOfCluster * tiltOfCluster
        (lateOfCluster, tiltOfCluster, cluster) = (0, 0, place)
      }
      guard pair.first.isFinite else { break }
      let error = pair.second - fit.line(pair.first)
      sum += error * error
      lateOfCluster += error
      tiltOfCluster += error * (pair.first - meanFirst)
    }
    fit.residual = (sum / count).squareRoot()
    fit.middle = meanFirst
    fit.middleError = late.squareRoot() / count
    fit.speedError = tilt.squareRoot() / square
    return true
  }

  /// Each of the second's peaks with the first's nearest, in order of the second's time.
  func pairs(
    _ line: Line, pitch: Double, _ tolerance: Double,
    within stretches: [Range<Double>] = PeakPairs.everywhere
  ) -> [Pair] {
    let scale = Double(Peak.scale)
    let (frames, bins) = (tolerance * scale, Self.bins * scale)
    var pairs: [Pair] = []
    guard let end = first.last.map({ line(Double($0.time) / scale + tolerance) * scale })
    else { return [] }
    var (low, stretch) = (0, 0)
    let begin = second.firstIndex(after: Int32(clamping: Int(line(-tolerance) * scale)))
    for peak in second[begin...] {
      guard Double(peak.time) <= end else { break }
      let time = (Double(peak.time) - line.start * scale) / line.speed
      while stretch < stretches.count, stretches[stretch].upperBound * scale <= time {
        stretch += 1
      }
      guard stretch < stretches.count else { break }
      guard stretches[stretch].lowerBound * scale <= time else { continue }
      let frequency = Double(peak.frequency) * pitch
      while low < first.count, Double(first[low].time) < time - frames { low += 1 }
      var nearest: Peak?
      var least = 2.0
      var j = low
      while j < first.count, Double(first[j].time) <= time + frames {
        let late = (Double(first[j].time) - time) / frames
        let high = (Double(first[j].frequency) - frequency) / bins
        if abs(high) <= 1, late * late + high * high < least {
          least = late * late + high * high
          nearest = first[j]
        }
        j += 1
      }
      if let nearest {
        pairs.append(
          Pair(
            first: Double(nearest.time) / scale, second: Double(peak.time) / scale,
            firstBin: Double(nearest.frequency) / scale,
            secondBin: Double(peak.frequency) / scale))
      }
    }
    return pairs
  }
}
