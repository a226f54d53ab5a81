/// Where windows of one recording lie in another, and the line on which they agree.
struct WindowPlaces {
  /// A window's place: where its middle lies in the second.
  struct Place {
    var point: Line.Point
    /// The window's length.
    var frames: Double
    var alignment: Alignment

    /// The window, in frames of the first.
    var range: Range<Double> { point.first - frames / 2..<point.first + frames / 2 }
  }

  /// A line that is sure enough to be an answer.
  struct Found {
    var line: Line
    var pitch: Double
    /// The windows on it, in frames of the first, in order of time.
    var windows: [Range<Double>]
    /// Of the windows on it, shared among all that lie within the second if the line is right.
    var evidence: Double
    var expectedFalseMatches: Double
  }

  /// In order of the first's time.
  var places: [Place]
  /// Frames of all windows' middles.
  var middles: [Double]
  /// Of the second.
  var frames: Int
  /// As many chances has chance.
  var tries: Double
  /// Frames from a window to others that speak for the same place.
  var reach: Double

  /// Frames about a line in which windows' places agree.
  private static let tolerance = 6.0
  /// Frames about the line that is chosen in which a window takes part in its fit.
  private static let nearFrames = 4.0

  /// The line on which the places' evidence is greatest, if it is enough.
  func best(bar: Double) -> Found? {
    var best: (line: Line, place: Place, evidence: Double)?
    for place in places {
      let speed = place.alignment.warp.speed
      let line = Line(start: place.point.second - speed * place.point.first, speed: speed)
      let evidence = on(line, place).reduce(0) { $0 + $1.alignment.evidence }
      if evidence > best?.evidence ?? 0 { best = (line, place, evidence) }
    }
    guard let best else { return nil }
    let agreeing = on(best.line, best.place)
    // Windows overlap by half or less: half of their evidence is their own.
    let share = agreeing.count > 1 ? 0.5 : 1
    let strongest = agreeing.map(\.alignment.evidence).max() ?? 0
    let expected =
      tries
      * Identifier.expectedFalseMatches(
        evidence: max(strongest, share * best.evidence), frames: frames)
    guard expected < bar else { return nil }
    let line = consensus(agreeing, best.line)
    let windows = Self.near(line, agreeing).map(\.range)
    let possible = middles.count(where: { (0...Double(frames)).contains(line($0)) })
    return Found(
      line: line, pitch: best.place.alignment.warp.pitch, windows: windows,
      evidence: best.evidence / Double(max(1, possible)), expectedFalseMatches: expected)
  }

  /// Those that agree with a place about a line through it.
  private func on(_ line: Line, _ place: Place) -> [Place] {
    places.filter {
      let away = abs($0.point.first - place.point.first)
      // A window's speed is known to some 10⁻³, so that far windows may lie further off.
      return away <= reach
        && abs($0.point.second - line($0.point.first)) <= Self.tolerance + 1e-3 * away
        && abs($0.alignment.warp.pitch - place.alignment.warp.pitch) < 0.006
    }
  }

  /// The line through the windows' middles where they are several, since their own speeds are less exact;
  /// `line` where those that say most lie beside it.
  private func consensus(_ agreeing: [Place], _ line: Line) -> Line {
    let speeds = line.speed - 0.003...line.speed + 0.003
    guard let found = Line.consensus(agreeing.map(\.point), tolerance: 2, speeds: speeds),
      found.support > 2
    else { return line }
    func evidence(_ line: Line) -> Double {
      Self.near(line, agreeing).reduce(0) { $0 + $1.alignment.evidence }
    }
    return evidence(found.line) >= evidence(line) ? found.line : line
  }

  private static func near(_ line: Line, _ places: [Place]) -> [Place] {
    places.filter { abs($0.point.second - line($0.point.first)) <= nearFrames }
  }
}
