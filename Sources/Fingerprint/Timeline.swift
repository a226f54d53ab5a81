extension Identifier {
  /// Everything that is heard in a query of any length: one recording after another, or several at
  /// once, each with its intervals, in order of their beginning.
  ///
  /// Goes through the query in windows that overlap by half. What a recording explains of a window is
  /// taken out, and the rest searched again. All warps are tried in every
  /// ``Timeline/windowsPerGrid``-th window, and in as many of those that hold nothing else as
  /// ``Timeline/grids`` allows; those that were found somewhere, in all, also in those before. Memory is
  /// bounded by the query's peaks; time grows with its length.
  ///
  /// A copy of a whole long query would explain everything in it: then it is heard once more
  /// without the copy, and the answer has both, the copy and what is found inside.
  public func timeline(_ query: Query) -> Identification { timeline(query, grids: Timeline.grids) }

  func timeline(_ query: Query, grids: Int) -> Identification {
    guard query.seconds >= Self.leastSeconds else { return Identification(.tooShort) }
    guard query.soundingSeconds >= Self.leastSeconds / 2 else { return Identification(.silence) }
    var found = heard(query, grids: grids)
    var copies: [Match] = []
    for _ in 0..<Timeline.copies {
      let further = found.filter { Timeline.isCopy($0, of: query) }
      guard !further.isEmpty, goesOn() else { break }
      copies += further
      var others = self
      let (known, mayNameAll) = (Set(copies.map(\.recording)), self.mayName)
      others.mayName = { !known.contains($0) && (mayNameAll?($0) ?? true) }
      found = others.heard(query, grids: grids)
    }
    return Identification(Timeline.ordered(copies + found))
  }

  /// What is heard, every recording on its own line.
  private func heard(_ query: Query, grids: Int) -> [Match] {
    var windows = Timeline.windows(query.seconds).map(onFrame).map { start in
      TimelineWindow(
        start: start,
        rest: query.window(from: start, seconds: Timeline.window, index.parameters))
    }
    let everyFew = (windows.count - 1) / grids + 1
    var warps: [Warp] = [.none]
    var known = Timeline()
    for number in windows.indices {
      guard goesOn() else { break }
      let gridLayers =
        number % Timeline.windowsPerGrid == 0
        ? Timeline.layers : number % everyFew == 0 ? 1 : 0
      hear(&windows[number], &warps, &known, gridLayers: gridLayers)
    }
    for number in windows.indices where windows[number].warpsTried < warps.count {
      guard goesOn() else { break }
      hear(&windows[number], &warps, &known, gridLayers: 0)
    }
    // In order of time, which `known` is not.
    var timeline = Timeline()
    for window in windows {
      for match in window.matches { timeline.add(match, windowStart: window.start) }
    }
    return timeline.matches
  }

  /// Searches what is left of a window at the warps that were not tried in it before.
  /// - Parameters:
  ///   - known: what was heard so far in all windows, which this one may continue.
  ///   - gridLayers: with fewer matches than this, all warps are tried.
  private func hear(
    _ window: inout TimelineWindow, _ warps: inout [Warp], _ known: inout Timeline,
    gridLayers: Int
  ) {
    var untried = Array(warps[window.warpsTried...])
    while window.matches.count < Timeline.layers {
      let heard = window.matches
      // What was heard in this window already left peaks behind that did not fit: they prove
      // nothing.
      let lines = known.lines(from: window.start).filter { line in
        !heard.contains { line.continues(in: $0, at: 0) }
      }
      let answer = identify(
        window.rest, at: untried, usesGrid: heard.count < gridLayers, weighsVotes: false,
        lines: lines)
      guard let match = Timeline.likeliest(answer.matches, on: lines) else { break }
      let warp = Warp(speed: match.speed, pitch: match.pitch)
      if !warps.contains(where: { $0.isNear(warp) }) {
        warps.append(warp)
        untried.append(warp)
      }
      window.matches.append(match)
      known.add(match, windowStart: window.start)
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
  /// How often a query is heard again without the copies of the whole of it that were found, at
  /// most.
  static let copies = 4
  /// How much of what sounds in a query a copy of it explains, at least.
  private static let copiedShare = 0.9

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

  /// In order of where they begin in the query, each on the line through all its windows.
  var matches: [Match] {
    Self.ordered(
      found.map { stretch in
        var match = stretch.match
        stretch.course.settle(&match)
        return match
      })
  }

  /// In order of where they begin in the query. The strongest of a window is heard first in it,
  /// wherever in it that begins.
  static func ordered(_ matches: [Match]) -> [Match] {
    matches.sorted { ($0.begin, $0.recording, $0.offset) < ($1.begin, $1.recording, $1.offset) }
  }

  /// Whether a match is of the whole of a query, and the query long enough to be made of several.
  static func isCopy(_ match: Match, of query: Query) -> Bool {
    query.seconds > Identifier.longest
      && match.matchedSeconds > copiedShare * query.soundingSeconds
  }

  /// Where the recordings that were heard lie beside a window, whichever windows they were heard
  /// in; times count from the window's beginning.
  func lines(from windowStart: Double) -> [Match] {
    found.map { stretch in
      var line = stretch.last
      line.move(by: -windowStart)
      return line
    }
  }

  /// Of a window's matches the strongest, or one that is nearly as strong and continues what is
  /// known: of two files of the same recording, the one that was heard before.
  static func likeliest(_ matches: [Match], on lines: [Match]) -> Match? {
    guard let strongest = matches.first else { return nil }
    let least = Identifier.nearlyEqual * strongest.evidence
    return matches.first { match in
      match.evidence >= least && lines.contains { $0.continues(in: match, at: 0) }
    } ?? strongest
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
