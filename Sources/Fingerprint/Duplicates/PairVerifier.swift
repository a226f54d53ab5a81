import Core

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Leads → pairs of recordings: the line fitted to all peaks, then evidence, agreement and intervals
/// window by window.
struct PairVerifier {
  let index: LandmarkIndex
  let bar: Double
  let rules: RelationRules

  /// Seconds of the first that are weighed at once: bounds memory whatever the recordings' length.
  static let window = 30.0
  /// A window with less evidence is not heard in the other.
  private static let leastEvidence = 4.0
  /// Common stretches that are nearer to each other are one.
  static let joined = 3.0
  /// Frames on which trials of all pairs differ, and of warps.
  private static let warps = Double(SelfJoin.warps.count)

  /// The pair, or nil where chance explains the lead or what they share is too little.
  func pair(_ lead: SelfJoin.Lead) -> Duplicate? {
    var (first, second, line, pitch) = (lead.first, lead.second, lead.line, lead.pitch)
    if (index.frames(of: first), first) > (index.frames(of: second), second) {
      (first, second, line, pitch) = (second, first, line.inverse, 1 / pitch)
    }
    let peaks = PeakPairs(first: index.peaks(of: first), second: index.peaks(of: second))
    guard let begin = peaks.first.first?.time, let end = peaks.first.last?.time,
      let otherBegin = peaks.second.first?.time, let otherEnd = peaks.second.last?.time,
      var (fit, heard) = laid(line, pitch, peaks, first)
    else { return nil }
    let parameters = index.parameters
    let eighth = parameters.frameSeconds / Double(Peak.scale)
    let sounding = max(eighth, Double(end - begin) * eighth)
    func isWhole(_ heard: Heard) -> Bool {
      rules.isWhole(Self.seconds(Self.joined(heard.intervals)) / sounding, of: seconds(first))
    }
    // A loop leads to its repeats as well; all peaks together know how it begins.
    if !isWhole(heard),
      let start = CutLines.offset(peaks, speed: fit.line.speed, pitch: fit.pitch),
      let other = laid(Line(start: start, speed: fit.line.speed), fit.pitch, peaks, first),
      isWhole(other.heard)
    {
      (fit, heard) = other
    }
    let trials = Double(index.count) * Self.warps
    let expected =
      trials
      * Identifier.expectedFalseMatches(
        evidence: heard.evidence, frames: index.frames)
    guard expected < bar, heard.points > 0 else { return nil }
    let intervals = Self.joined(heard.intervals)
    var pieces = intervals.map { CutLines.Piece(interval: $0, line: fit.line) }
    if heard.agreement >= rules.leastAgreement, !isWhole(heard) {
      let cut = CutLines(
        peaks: peaks, parameters: parameters, frames: index.frames(of: first),
        secondFrames: index.frames(of: second), bar: bar, leastAgreement: rules.leastAgreement,
        leastEvidence: Self.leastEvidence)
      pieces = cut.pieces(of: fit, intervals)
    }
    let common = Self.seconds(pieces.map(\.interval))
    let offset = self.offset(fit.line)
    let facts = RelationRules.Facts(
      firstSeconds: seconds(first), secondSeconds: seconds(second),
      firstCoverage: min(1, common / sounding),
      secondCoverage: min(
        1, common * fit.line.speed / max(eighth, Double(otherEnd - otherBegin) * eighth)),
      commonSeconds: common, isInOnePiece: pieces.allSatisfy { $0.line == fit.line },
      offset: offset, speed: fit.line.speed, pitch: fit.pitch, agreement: heard.agreement)
    guard let relation = rules.relation(facts), let firstKey = index.key(of: first),
      let secondKey = index.key(of: second)
    else { return nil }
    return Duplicate(
      first: firstKey, second: secondKey, relation: relation, offset: offset, speed: fit.line.speed,
      pitch: fit.pitch, firstIntervals: pieces.map(\.interval),
      secondIntervals: pieces.map { piece in
        let (start, speed) = (self.offset(piece.line), piece.line.speed)
        return Match.Interval(
          from: start + speed * piece.interval.from, to: start + speed * piece.interval.to)
      },
      firstCoverage: facts.firstCoverage, secondCoverage: facts.secondCoverage,
      agreement: heard.agreement, expectedFalseMatches: expected)
  }

  /// The line that fits all peaks about a given one, and what of the first is heard along it.
  private func laid(
    _ line: Line, _ pitch: Double, _ peaks: PeakPairs, _ first: Int
  ) -> (fit: PeakPairs.Fit, heard: Heard)? {
    guard let fit = peaks.fit(line, pitch: pitch)?.plainWhereUncertain(rules) else { return nil }
    let heard = Self.heard(
      fit, peaks, frames: index.frames(of: first), leastEvidence: Self.leastEvidence,
      index.parameters)
    return (fit, heard)
  }

  private static func seconds(_ intervals: [Match.Interval]) -> Double {
    intervals.reduce(0) { $0 + $1.duration }
  }

  /// Seconds of the second at the first's time 0: frames are where their windows' middles are.
  private func offset(_ line: Line) -> Double {
    let parameters = index.parameters
    let middle = Double(parameters.window) / 2 / Double(parameters.sampleRate)
    return line.start * parameters.frameSeconds + middle * (1 - line.speed)
  }

  private func seconds(_ number: Int) -> Double {
    Double(index.frames(of: number)) * index.parameters.frameSeconds
  }

  /// What of one recording is heard in another.
  struct Heard {
    var evidence = 0.0
    var points = 0
    var hits = 0
    var byChance = 0.0
    var intervals: [Match.Interval] = []

    /// Hits among the points where chance has no part in it.
    var agreement: Double {
      max(0, (Double(hits) - byChance) / max(1, Double(points) - byChance))
    }
  }

  /// What of the first is heard in the second.
  /// - Parameters:
  ///   - frames: of the first.
  ///   - stretch: of the first, in frames, that is looked at; all of it where nothing is said.
  ///   - leastEvidence: of a window; one with less is not heard.
  static func heard(
    _ fit: PeakPairs.Fit, _ peaks: PeakPairs, frames: Int, within stretch: Range<Double>? = nil,
    leastEvidence: Double, _ parameters: FingerprintParameters
  ) -> Heard {
    let whole = Query(
      Constellation(
        grids: [peaks.first], samples: frames * parameters.hop, frames: frames,
        soundingFrames: frames), parameters)
    let stretch = stretch ?? 0..<whole.seconds / parameters.frameSeconds
    let seconds = (stretch.upperBound - stretch.lowerBound) * parameters.frameSeconds
    let windows = max(1, Int((seconds / Self.window).rounded()))
    let length = seconds / Double(windows)
    var heard = Heard()
    for number in 0..<windows {
      let begin =
        (stretch.lowerBound + Double(number) * length / parameters.frameSeconds).rounded()
      let from = begin * parameters.frameSeconds
      let window = whole.window(from: from, seconds: length, parameters)
      let verifier = Verifier(window, parameters)
      var alignment = Alignment(
        recording: 0, start: fit.line(begin),
        warp: Warp(speed: fit.line.speed, pitch: fit.pitch))
      let points = verifier.points(alignment, peaks.second)
      verifier.weigh(&alignment, points)
      guard alignment.evidence >= leastEvidence else { continue }
      heard.evidence += alignment.evidence
      for interval in verifier.intervals(alignment, peaks.second) {
        heard.intervals.append(.init(from: interval.from + from, to: interval.to + from))
        let row = parameters.frameSeconds / 2
        for point in points {
          let second = (Double(point.row) + 0.5) * row
          guard second >= interval.from, second < interval.to else { continue }
          heard.points += 1
          heard.hits += verifier.image.isSet(point) ? 1 : 0
          heard.byChance += alignment.chance
        }
      }
    }
    return heard
  }

  static func joined(_ intervals: [Match.Interval]) -> [Match.Interval] {
    var union: [Match.Interval] = []
    for interval in intervals {
      if let last = union.last, interval.from <= last.to + Self.joined {
        union[union.count - 1].to = max(last.to, interval.to)
      } else {
        union.append(interval)
      }
    }
    return union
  }
}
