extension Identifier {
  /// Everything that is heard in a query of any length: one recording after another, or several at
  /// once, each with its intervals, in order of their beginning.
  ///
  /// Goes through the query in windows that overlap by half. What a recording explains of a window is
  /// taken out, and the rest searched again. All warps are tried in every
  /// ``Timeline/windowsPerGrid``-th window, and in as many of those that hold nothing else as
  /// ``Timeline/grids`` allows; those that were found somewhere, in all, also in those before. Memory is
  /// bounded by the query's peaks; time grows with its length.
  public func timeline(_ query: Query) -> Identification { timeline(query, grids: Timeline.grids) }

  func timeline(_ query: Query, grids: Int) -> Identification {
    guard query.seconds >= Self.leastSeconds else { return Identification(.tooShort) }
    guard query.soundingSeconds >= Self.leastSeconds / 2 else { return Identification(.silence) }
    var windows = Timeline.windows(query.seconds).map(onFrame).map { start in
      TimelineWindow(
        start: start,
        rest: query.window(from: start, seconds: Timeline.window, index.parameters))
    }
    let everyFew = (windows.count - 1) / grids + 1
    var warps: [Warp] = [.none]
    for number in windows.indices {
      guard goesOn() else { break }
      let gridLayers =
        number % Timeline.windowsPerGrid == 0
        ? Timeline.layers : number % everyFew == 0 ? 1 : 0
      hear(&windows[number], &warps, gridLayers: gridLayers)
    }
    for number in windows.indices where windows[number].warpsTried < warps.count {
      guard goesOn() else { break }
      hear(&windows[number], &warps, gridLayers: 0)
    }
    var timeline = Timeline()
    for window in windows {
      for match in window.matches { timeline.add(match, windowStart: window.start) }
    }
    return Identification(timeline.matches)
  }

  /// Searches what is left of a window at the warps that were not tried in it before.
  /// - Parameter gridLayers: with fewer matches than this, all warps are tried.
  private func hear(_ window: inout TimelineWindow, _ warps: inout [Warp], gridLayers: Int) {
    var untried = Array(warps[window.warpsTried...])
    while window.matches.count < Timeline.layers {
      let answer = identify(
        window.rest, at: untried, usesGrid: window.matches.count < gridLayers, weighsVotes: false)
      guard let match = answer.matches.first else { break }
      let warp = Warp(speed: match.speed, pitch: match.pitch)
      if !warps.contains(where: { $0.isNear(warp) }) {
        warps.append(warp)
        untried.append(warp)
      }
      window.matches.append(match)
      window.rest = window.rest.without(explainedBy: match, index)
    }
    window.warpsTried = warps.count
  }
}

/// A window of a query on its way to a time line.
private struct TimelineWindow {
  let start: Double
  /// What no match explains.
  var rest: Query
  /// The strongest first; their times count from the window's beginning.
  var matches: [Match] = []
  /// So many of all warps that are known were tried.
  var warpsTried = 0
}

/// Matches of windows, joined where they continue each other.
struct Timeline {
  /// Seconds of a window.
  static let window = 15.0
  /// Recordings that are looked for at the same time, at most.
  static let layers = 3
  /// All warps are tried in one of so many windows, whatever was heard in it before.
  static let windowsPerGrid = 4
  /// Windows without a match in which all warps are tried, at most: a quarter of an hour's.
  static let grids = 120

  /// A recording that is heard through several windows.
  private struct Stretch {
    /// Of all its windows, but for where the recording lies: that is its first window's.
    var match: Match
    /// The last window's own: what continues it has to fit this.
    var last: Match
    var lastStart: Double
    var course: Course
  }

  /// In the order in which they were first heard.
  private var found: [Stretch] = []

  /// In order of where they begin in the query, each on the line through all its windows. The strongest of
  /// a window is heard first in it, wherever in it that begins.
  var matches: [Match] {
    found.map { stretch in
      var match = stretch.match
      stretch.course.settle(&match)
      return match
    }
    .sorted { ($0.begin, $0.recording, $0.offset) < ($1.begin, $1.recording, $1.offset) }
  }

  /// Starts of windows, each half a window after the one before.
  static func windows(_ seconds: Double) -> [Double] {
    let step = window / 2
    let count = max(1, Int(((seconds - window) / step).rounded(.up)) + 1)
    return (0..<count).map { Double($0) * step }
  }

  /// Joins a window's match to the one that it continues, or begins another.
  mutating func add(_ windowMatch: Match, windowStart: Double) {
    var match = windowMatch
    match.move(by: windowStart)
    guard let earlier = found.lastIndex(where: { $0.last.continues(in: match, at: windowStart) })
    else {
      found.append(
        Stretch(match: match, last: match, lastStart: windowStart, course: Course(match)))
      return
    }
    found[earlier].match.join(match)
    // What is left of a window whose strongest match was the same recording lies where peaks did not fit.
    guard found[earlier].lastStart != windowStart else { return }
    found[earlier].course.add(match)
    found[earlier].last = match
    found[earlier].lastStart = windowStart
  }

  static func union(_ intervals: [Match.Interval]) -> [Match.Interval] {
    var union: [Match.Interval] = []
    for interval in intervals.sorted(by: { $0.from < $1.from }) {
      if let last = union.last, interval.from <= last.to + 0.5 {
        union[union.count - 1].to = max(last.to, interval.to)
      } else {
        union.append(interval)
      }
    }
    return union
  }
}

extension Match {
  /// Where in the query it is first heard.
  fileprivate var begin: Double { intervals.first?.from ?? .infinity }

  /// Takes in another window's match of the same.
  fileprivate mutating func join(_ other: Match) {
    let joined = Timeline.union(intervals + other.intervals)
    let gained = joined.reduce(0) { $0 + $1.duration } - matchedSeconds
    // Windows overlap: only what is new counts, in proportion.
    matched += Int(Double(other.matched) * max(0, gained) / max(other.matchedSeconds, 0.001))
    intervals = joined
    evidence = max(evidence, other.evidence)
    expectedFalseMatches = min(expectedFalseMatches, other.expectedFalseMatches)
  }

  /// Whether another match lays the same recording where this one does, at a time of the query.
  func continues(in other: Match, at second: Double) -> Bool {
    recording == other.recording && abs(speed / other.speed - 1) < 0.01
      && abs(offset + speed * second - other.offset - other.speed * second) < 0.25
  }
}
