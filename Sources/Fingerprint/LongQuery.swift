import Core

/// A query that is longer than what is searched at once: windows of it say which recordings it may be
/// of, and each of these is then followed through the whole.
extension Identifier {
  /// Seconds of query that are searched at once.
  static let longest = 60.0
  /// Windows that are searched at all warps, spread over the query.
  private static let sampledWindows = 8
  /// Windows that are searched where none of those is sure, at most.
  private static let furtherWindows = 120
  /// A sure window's matches that are followed through the query, at most.
  private static let followed = 10

  /// Names a long query by the first of its windows that is sure. Nothing is named that this window was
  /// not sure of; which of its matches comes first, the whole query says.
  func identifyLong(_ query: Query) -> Identification {
    var reason = Identification.Reason.silence
    let room = query.seconds - Timeline.window
    let sampled = (0..<Self.sampledWindows).map {
      onFrame(room * Double($0) / Double(Self.sampledWindows - 1))
    }
    // As many windows have as many chances: each has to be so much surer.
    if let sure = firstSure(
      sampled, query, usesGrid: true, tries: Double(sampled.count), &reason)
    {
      return sure
    }
    let further = Self.further(query.seconds, beside: sampled).map(onFrame)
    return firstSure(further, query, usesGrid: false, tries: Double(further.count), &reason)
      ?? Identification(reason)
  }

  /// The answer by the first of some windows that is sure, where it is one of so many tries; nil if none
  /// is. `reason` becomes `noMatch` once one of them is not silent.
  private func firstSure(
    _ starts: [Double], _ query: Query, usesGrid: Bool, tries: Double,
    _ reason: inout Identification.Reason
  ) -> Identification? {
    var strict = self
    strict.bar /= max(1, tries)
    for start in starts {
      guard goesOn() else { return nil }
      let window = query.window(from: start, seconds: Timeline.window, index.parameters)
      var answer = strict.identify(window, at: [.none], usesGrid: usesGrid)
      if answer.reason == nil {
        for i in answer.matches.indices { answer.matches[i].expectedFalseMatches *= tries }
        return followed(answer.matches, from: start, query)
      }
      if answer.reason == .noMatch { reason = .noMatch }
    }
    return nil
  }

  /// Starts of the windows between those that were searched, an even choice of them in a very long query.
  static func further(_ seconds: Double, beside sampled: [Double]) -> [Double] {
    let all = Timeline.windows(seconds).filter { start in
      !sampled.contains { abs($0 - start) < 1 }
    }
    let count = min(all.count, Self.furtherWindows)
    return (0..<count).map { all[$0 * all.count / count] }
  }

  /// The matches of a window, each followed through the whole query; the one that most of the query speaks
  /// for first.
  private func followed(_ matches: [Match], from start: Double, _ query: Query) -> Identification {
    var trails = matches.prefix(Self.followed).map { match in
      var moved = match
      moved.move(by: start)
      return Trail(moved, index)
    }
    let count = max(1, Int((query.seconds / Timeline.window).rounded()))
    let length = query.seconds / Double(count)
    let first = min(count - 1, Int((start + Timeline.window / 2) / length))
    // Away from the sure window in both directions, so that each window's place follows from its neighbour's.
    for numbers in [Array(first..<count), Array((0..<first).reversed())] {
      for i in trails.indices { trails[i].turnBack() }
      for number in numbers {
        guard goesOn() else { break }
        let from = onFrame(Double(number) * length)
        let window = query.window(from: from, seconds: length, index.parameters)
        // A query may be silent for days.
        guard window.grids.contains(where: { !$0.isEmpty }) else { continue }
        let verifier = Verifier(window, index.parameters)
        for i in trails.indices { trails[i].follow(verifier, from: from) }
      }
    }
    return Identification(
      trails.map(\.match).sorted { ($1.evidence, $0.recording) < ($0.evidence, $1.recording) })
  }

  /// The beginning of the frame that is nearest: windows of a query begin with a frame.
  func onFrame(_ second: Double) -> Double {
    (second / index.parameters.frameSeconds).rounded() * index.parameters.frameSeconds
  }
}

/// A recording on its way through a query, window by window.
private struct Trail {
  /// A window with less evidence does not hold it: chance gives one window in some hundred as much.
  private static let leastEvidence = 6.0

  private let sure: Match
  private let peaks: [Peak]
  /// Where the next window is looked for.
  private var line: Match
  private var course: Course?
  private var matched = 0
  private var evidence = 0.0
  private var intervals: [Match.Interval] = []

  /// - Parameter sure: the match of a window; its times count from the query's beginning.
  init(_ sure: Match, _ index: LandmarkIndex) {
    self.sure = sure
    peaks = index.peaks(of: sure.recording)
    line = sure
  }

  /// Begins at the sure window again.
  mutating func turnBack() { line = sure }

  /// Hears whether the window that begins at a second of the query holds the recording.
  mutating func follow(_ verifier: Verifier, from start: Double) {
    var expected = Alignment(line, from: start, verifier.parameters)
    verifier.weigh(&expected, verifier.points(expected, peaks))
    guard expected.evidence >= Self.leastEvidence else { return }
    let found = verifier.refined(expected, peaks)
    var match = sure
    match.place(found, verifier.parameters)
    match.intervals = verifier.intervals(found, peaks)
    match.move(by: start)
    guard let from = match.intervals.first?.from, let to = match.intervals.last?.to else { return }
    matched += found.hits
    evidence += found.evidence
    intervals += match.intervals
    course?.add(match)
    let course = course ?? Course(match)
    self.course = course
    // On from here, at the speed of all that was heard: a window's own is less exact.
    line = match
    var whole = match
    course.settle(&whole)
    line.speed = whole.speed
    line.offset += (match.speed - whole.speed) * (from + to) / 2
  }

  /// What the windows that hold it say together.
  var match: Match {
    guard let course else { return sure }
    var whole = sure
    course.settle(&whole)
    whole.matched = matched
    whole.evidence = max(sure.evidence, evidence)
    whole.intervals = Timeline.union(intervals)
    return whole
  }
}

extension Alignment {
  /// Where a match lays its recording, whose number is still to be set, beside a window that begins
  /// at a second of the query.
  init(_ match: Match, from start: Double, _ parameters: FingerprintParameters) {
    let offset = match.offset + match.speed * start
    self.init(
      recording: 0,
      start: (offset - parameters.lead(at: match.speed)) / parameters.frameSeconds,
      warp: Warp(speed: match.speed, pitch: match.pitch))
  }
}

extension Match {
  /// Sets where the recording lies beside the query.
  mutating func place(_ alignment: Alignment, _ parameters: FingerprintParameters) {
    offset = alignment.start * parameters.frameSeconds + parameters.lead(at: alignment.warp.speed)
    speed = alignment.warp.speed
    pitch = alignment.warp.pitch
  }
}

extension FingerprintParameters {
  /// Frames are where their windows' middles are: what is between the beginnings, in seconds, beside what
  /// is between the frames.
  fileprivate func lead(at speed: Double) -> Double {
    Double(window) / 2 / Double(sampleRate) * (1 - speed)
  }
}
