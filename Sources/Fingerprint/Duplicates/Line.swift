/// A straight line of one recording's time against another's, in frames.
struct Line: Sendable, Equatable {
  /// The second's time at the first's frame 0.
  var start: Double
  /// Frames of the second that pass in a frame of the first.
  var speed: Double

  /// A shared landmark: its frame in each.
  struct Point: Sendable, Equatable {
    var first: Double
    var second: Double
  }

  func callAsFunction(_ first: Double) -> Double { start + speed * first }

  /// The same line read the other way round.
  var inverse: Line { Line(start: -start / speed, speed: 1 / speed) }

  /// The line through two of the points about which most of them lie, those of about the speed
  /// `expected` alone (as random sample consensus does, Fischler & Bolles 1981, but with all pairs or an
  /// even choice of them).
  ///
  /// - Parameters:
  ///   - points: in order of the first's frames.
  ///   - tolerance: frames that a point may lie off the line.
  ///   - speeds: that are thought possible.
  ///   - stretch: frames of the first, a second's where nothing else is said.
  /// - Returns: the line and in how many stretches of the first points lie about it; nil where there
  ///   are not two points.
  static func consensus(
    _ points: [Point], tolerance: Double, speeds: ClosedRange<Double>,
    stretch: Double = Line.second, tries: Int = 2_000
  ) -> (line: Line, support: Int)? {
    let all = points.count * (points.count - 1) / 2
    guard all > 0 else { return nil }
    var best: (line: Line, support: Int)?
    let step = max(1, all / tries)
    // The pairs in order: those of point i come behind `before` others.
    var (i, before) = (0, 0)
    for number in stride(from: step, through: all, by: step) {
      while number > before + points.count - 1 - i {
        before += points.count - 1 - i
        i += 1
      }
      let j = i + number - before
      let way = points[j].first - points[i].first
      // Two near points say nothing about the speed; then the middle of the range is as good.
      var speed = (speeds.lowerBound + speeds.upperBound) / 2
      if abs(way) > 8 * tolerance { speed = (points[j].second - points[i].second) / way }
      guard speeds.contains(speed) else { continue }
      let line = Line(start: points[i].second - speed * points[i].first, speed: speed)
      let support = line.support(points, tolerance, stretch)
      if support > best?.support ?? 0 { best = (line, support) }
    }
    return best
  }

  /// In how many stretches of the first points lie about the line: a second that two pieces share is a
  /// sample or a chord, however many points it has.
  private func support(_ points: [Point], _ tolerance: Double, _ stretch: Double) -> Int {
    var count = 0
    var last = -Double.infinity
    for point in points where abs(point.second - self(point.first)) <= tolerance {
      let place = (point.first / stretch).rounded(.down)
      if place != last { count += 1 }
      last = place
    }
    return count
  }

  /// About a second, in frames.
  static let second = 62.0
}
