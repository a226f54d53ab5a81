import Core

/// How a recording runs beside a query: the line through several of the query's windows, each of which
/// has a line of its own.
///
/// The line is that of least squares over the windows' own lines where the recording is heard on them,
/// so that one window gives its own line, and several far apart a speed that none of them can tell.
struct Course {
  /// The first window's line, from which the others' are measured, and the query's second at which.
  private let offset: Double
  private let speed: Double
  private let origin: Double
  /// Of the seconds in which the recording is heard: how many, and the sums of how far they lie from the
  /// origin (x), how far the recording is on against the first line (y), and of x² and x · y.
  private var seconds = 0.0
  private var x = 0.0
  private var y = 0.0
  private var xx = 0.0
  private var xy = 0.0

  /// - Parameter match: of a window; its times count from the query's beginning.
  init(_ match: Match) {
    offset = match.offset
    speed = match.speed
    origin = match.intervals.first?.from ?? 0
    add(match)
  }

  /// - Parameter match: of a window; its times count from the query's beginning.
  mutating func add(_ match: Match) {
    let tilt = match.speed - speed
    for interval in match.intervals {
      let duration = interval.duration
      let middle = (interval.from + interval.to) / 2
      let late = match.offset - offset + tilt * middle
      let away = middle - origin
      // An even spread over the interval adds this to the square of its middle.
      let spread = duration * duration / 12
      seconds += duration
      x += duration * away
      y += duration * late
      xx += duration * (away * away + spread)
      xy += duration * (away * late + spread * tilt)
    }
  }

  /// Puts a match of the same recording on the line.
  func settle(_ match: inout Match) {
    guard seconds > 0 else { return }
    let square = xx - x * x / seconds
    let tilt = square > 0 ? (xy - x * y / seconds) / square : 0
    match.speed = speed + tilt
    // At the middle of all that is heard the line is `y / seconds` on.
    match.offset = offset + y / seconds - tilt * (x / seconds + origin)
  }
}
