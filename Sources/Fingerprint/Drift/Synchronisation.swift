import Core

/// Where one recording of an event lies in another, and how far their clocks run apart.
public struct Synchronisation: Sendable, Equatable {
  /// Seconds of the second recording at the first's time 0; negative where the first begins earlier.
  public var offset: Double
  /// Seconds of the second that pass in a second of the first.
  public var speed: Double
  /// A frequency in the first over the same one in the second.
  public var pitch: Double
  /// Standard error of ``offset``, in seconds.
  public var offsetError: Double
  /// Standard error of ``speed``.
  public var speedError: Double
  /// The stretch of the first, and of the second, in which they are heard together, in seconds.
  public var first: Match.Interval
  public var second: Match.Interval
  /// Peaks that they share, and those pairs' standard deviation about the line, in seconds.
  public var pairs: Int
  public var residual: Double
  /// How many lines as good as this one two recordings of different events would give.
  public var expectedFalseMatches: Double

  /// Parts per million by which the second's clock gains on the first's.
  public var drift: Double { (speed - 1) * 1e6 }

  /// Two constellations' answer.
  public enum Result: Sendable, Equatable {
    case synchronised(Synchronisation)
    /// Why there is none: one is too short or silent, or nothing is heard in both.
    case nothing(Identification.Reason)
  }
}

/// Lays two recordings of an event beside each other.
///
/// Windows of the first are searched for in the second, at no warp and, where that is in vain, at all;
/// the places on one line decide, and the line is fitted to all peaks along it. Memory grows with the
/// peaks of both alone. Blocks its thread: about a second for an hour, and some more where every warp
/// is tried in vain.
public struct Synchroniser: Sendable {
  public let parameters: FingerprintParameters
  /// An answer is given where fewer false ones than this are to be expected.
  public var bar = 1e-4

  public init(_ parameters: FingerprintParameters) { self.parameters = parameters }

  private static let window = 20.0
  private static let windows = 24
  /// Windows that are searched for at every warp.
  private static let warpedWindows = 6
  /// Evidence on the line, shared among all windows of a search, that no wrong warp reaches: clean copies
  /// have hundreds, wrong warps of repeated music some five.
  private static let sureEvidence = 60.0
  /// Frames about the line in which windows' places agree.
  private static let tolerance = 6.0

  /// - Parameters:
  ///   - first: made for a query, so that it is dense.
  ///   - second: the same, or as stored.
  public func synchronise(_ first: Constellation, _ second: Constellation)
    -> Synchronisation.Result
  {
    let query = Query(first, parameters)
    let other = Query(second, parameters)
    guard min(query.seconds, other.seconds) >= Identifier.leastSeconds else {
      return .nothing(.tooShort)
    }
    guard min(query.soundingSeconds, other.soundingSeconds) >= Identifier.leastSeconds / 2 else {
      return .nothing(.silence)
    }
    let index = LandmarkIndex([second], parameters)
    let peaks = PeakPairs(first: Self.merged(first), second: Self.merged(second))
    let plain = [SearchPass(warps: [.none], windows: Self.windows, isDense: true)]
    let warped = [SearchPass(warps: WarpGrid.all, windows: Self.warpedWindows, isDense: false)]
    var best: Found?
    for pass in plain + warped {
      let places = places(query, index, pass)
      guard let found = self.best(places, query, index, pass) else { continue }
      // A bass line or a beat survives a warp, so that a wrong one may be found without it: for such
      // little evidence every other warp is tried too.
      if found.evidence > best?.evidence ?? 0 { best = found }
      if found.evidence >= Self.sureEvidence { break }
    }
    return best.flatMap { synchronisation($0, peaks) }.map { .synchronised($0) }
      ?? .nothing(.noMatch)
  }

  /// The peaks of all grids, in order of time.
  private static func merged(_ constellation: Constellation) -> [Peak] {
    Array(constellation.grids.joined()).sorted { ($0.time, $0.frequency) < ($1.time, $1.frequency) }
  }

  private struct SearchPass {
    var warps: [Warp]
    var windows: Int
    var isDense: Bool
  }

  /// A window's place: where its middle lies in the second.
  private struct Place {
    var point: Line.Point
    var alignment: Alignment
  }

  private func windowCount(_ query: Query, _ pass: SearchPass) -> Int {
    max(1, min(pass.windows, Int(query.seconds / Self.window * 2)))
  }

  private func places(_ query: Query, _ index: LandmarkIndex, _ pass: SearchPass) -> [Place] {
    let count = windowCount(query, pass)
    let room = max(0, query.seconds - Self.window)
    var places: [Place] = []
    for number in 0..<count {
      let from = room * Double(number) / Double(max(1, count - 1))
      let first = (from / parameters.frameSeconds).rounded()
      let window = query.window(from: from, seconds: Self.window, parameters)
      let verifier = Verifier(window, parameters)
      let effort: Searcher.Effort =
        pass.isDense ? .dense(pass.warps, parameters) : .sparse(pass.warps, parameters)
      // A window's best place is not always the right one; the line tells.
      for alignment in Searcher(index: index).alignments(window, verifier, effort).prefix(4)
      where alignment.evidence > 0 {
        let middle = Double(window.frames) / 2
        places.append(
          Place(
            point: .init(
              first: first + middle, second: alignment.start + alignment.warp.speed * middle),
            alignment: alignment))
      }
    }
    return places
  }

  /// A line that is sure enough to be an answer.
  private struct Found {
    var line: Line
    var pitch: Double
    /// Of the windows on it, shared among all that were searched for.
    var evidence: Double
    var expectedFalseMatches: Double
  }

  /// The line on which the places' evidence is greatest, if it is enough.
  private func best(
    _ places: [Place], _ query: Query, _ index: LandmarkIndex, _ pass: SearchPass
  ) -> Found? {
    var best: (line: Line, pitch: Double, evidence: Double, on: [Place])?
    for place in places {
      let speed = place.alignment.warp.speed
      let line = Line(start: place.point.second - speed * place.point.first, speed: speed)
      let on = places.filter {
        // A window's speed is known to some 10⁻³, so that far windows may lie further off.
        let slack = Self.tolerance + 1e-3 * abs($0.point.first - place.point.first)
        return abs($0.point.second - line($0.point.first)) <= slack
          && abs($0.alignment.warp.pitch - place.alignment.warp.pitch) < 0.006
      }
      let evidence = on.reduce(0) { $0 + $1.alignment.evidence }
      if evidence > best?.evidence ?? 0 {
        best = (line, place.alignment.warp.pitch, evidence, on)
      }
    }
    guard let best else { return nil }
    // Windows overlap by half or less: half of their evidence is their own.
    let share = best.on.count > 1 ? 0.5 : 1
    let strongest = best.on.map(\.alignment.evidence).max() ?? 0
    let expected =
      Double(pass.warps.count * pass.windows)
      * Identifier.expectedFalseMatches(
        evidence: max(strongest, share * best.evidence), frames: index.frames)
    guard expected < bar else { return nil }
    // Through the windows' middles where they are several, since their own speeds are less exact.
    let points = best.on.map(\.point).sorted { $0.first < $1.first }
    let speeds = best.line.speed - 0.003...best.line.speed + 0.003
    let line =
      Line.consensus(points, tolerance: 2, speeds: speeds).map {
        $0.support > 2 ? $0.line : best.line
      }
      ?? best.line
    return Found(
      line: line, pitch: best.pitch,
      evidence: best.evidence / Double(windowCount(query, pass)), expectedFalseMatches: expected)
  }

  private func synchronisation(_ found: Found, _ peaks: PeakPairs) -> Synchronisation? {
    guard let fit = peaks.fit(found.line, pitch: found.pitch),
      let begin = fit.pairs.first, let end = fit.pairs.last
    else { return nil }
    let frame = parameters.frameSeconds
    // Frames are where their windows' middles are.
    let middle = Double(parameters.window) / 2 / Double(parameters.sampleRate)
    return Synchronisation(
      offset: fit.line.start * frame + middle * (1 - fit.line.speed), speed: fit.line.speed,
      pitch: fit.pitch, offsetError: fit.error(at: -middle / frame) * frame,
      speedError: fit.speedError,
      first: .init(from: begin.first * frame + middle, to: end.first * frame + middle),
      second: .init(from: begin.second * frame + middle, to: end.second * frame + middle),
      pairs: fit.pairs.count, residual: fit.residual * frame,
      expectedFalseMatches: found.expectedFalseMatches)
  }
}
