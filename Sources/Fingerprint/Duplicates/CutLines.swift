import Core

/// The further lines of a pair that is not common along one alone: a radio edit, whose verse was cut out,
/// lies along two, and so does a copy into which a pause was put.
///
/// Lines go on in the same order in both recordings, one behind the other: pieces made of one loop meet
/// along many lines that do not.
struct CutLines {
  let peaks: PeakPairs
  let parameters: FingerprintParameters
  /// Frames of the first and of the second.
  let frames: Int
  let secondFrames: Int
  /// Expected false lines, at most, and the least agreement of one.
  let bar: Double
  let leastAgreement: Double
  let leastEvidence: Double

  /// A stretch of the first that is heard in the second along one line.
  struct Piece {
    /// In seconds of the first.
    var interval: Match.Interval
    /// The second's frames against the first's.
    var line: Line
  }

  /// What is not common along a line, but less than this, is no piece of its own.
  private static let leastSeconds = 5.0
  private static let most = 16
  /// Frames of an offset that are counted together, and as many beside them; lines that are nearer
  /// to each other than that are one.
  private static let cell = 2.0

  /// All that is common, the given intervals among it, in order of time.
  /// Complexity: O(peaks of the first × peaks of the second in one bin) for each further piece.
  func pieces(of main: PeakPairs.Fit, _ intervals: [Match.Interval]) -> [Piece] {
    var pieces = intervals.map { Piece(interval: $0, line: main.line) }
    var open = gaps(between: pieces)
    var found = 0
    while let gap = open.popLast(), found < Self.most {
      let more = self.pieces(in: gap, as: main)
      guard !more.isEmpty else { continue }
      found += 1
      pieces = (pieces + more).sorted { $0.interval.from < $1.interval.from }
      open += gaps(between: pieces).filter { gap.first.contains($0.first.lowerBound) }
    }
    return joined(pieces)
  }

  /// A stretch of the first, and the one of the second in which it may lie, in frames.
  private struct Gap {
    var first: Range<Double>
    var second: Range<Double>
  }

  private func gaps(between pieces: [Piece]) -> [Gap] {
    let frame = parameters.frameSeconds
    var gaps: [Gap] = []
    var (first, second) = (0.0, 0.0)
    func close(_ firstEnd: Double, _ secondEnd: Double) {
      guard (firstEnd - first) * frame >= Self.leastSeconds, secondEnd > second else { return }
      gaps.append(Gap(first: first..<firstEnd, second: second..<secondEnd))
    }
    for piece in pieces {
      let (from, to) = (piece.interval.from / frame, piece.interval.to / frame)
      close(from, piece.line(from))
      (first, second) = (max(first, to), max(second, piece.line(to)))
    }
    close(Double(frames), Double(secondFrames))
    return gaps
  }

  private func pieces(in gap: Gap, as main: PeakPairs.Fit) -> [Piece] {
    let inside = PeakPairs(
      first: peaks.first.within(gap.first), second: peaks.second.within(gap.second))
    guard let start = Self.offset(inside, speed: main.line.speed, pitch: main.pitch) else {
      return []
    }
    var fit = main
    fit.line.start = start
    // A short piece tells where it lies, and not how fast it is: that the whole has told.
    if let refined = inside.fit(fit.line, pitch: fit.pitch) {
      fit.line.start = refined.line(refined.middle) - fit.line.speed * refined.middle
    }
    let heard = PairVerifier.heard(
      fit, inside, frames: frames, within: gap.first, leastEvidence: leastEvidence, parameters)
    let expected = Identifier.expectedFalseMatches(
      evidence: heard.evidence, frames: secondFrames)
    guard expected < bar, heard.agreement >= leastAgreement else { return [] }
    return PairVerifier.joined(heard.intervals).map { Piece(interval: $0, line: fit.line) }
  }

  /// Pieces that follow each other along one line are one.
  private func joined(_ pieces: [Piece]) -> [Piece] {
    var union: [Piece] = []
    for piece in pieces {
      let frame = piece.interval.from / parameters.frameSeconds
      if let last = union.last, abs(last.line(frame) - piece.line(frame)) <= Self.cell,
        piece.interval.from <= last.interval.to + PairVerifier.joined
      {
        union[union.count - 1].interval.to = max(last.interval.to, piece.interval.to)
      } else {
        union.append(piece)
      }
    }
    return union
  }

  /// The second's frame at the first's frame 0, by the most pairs of peaks of one frequency.
  static func offset(_ peaks: PeakPairs, speed: Double, pitch: Double) -> Double? {
    let scale = Double(Peak.scale)
    guard let begin = peaks.second.first, let end = peaks.first.last, let last = peaks.second.last
    else { return nil }
    var ofBin: [Int: [Double]] = [:]
    for peak in peaks.second {
      let bin = Int((Double(peak.frequency) / scale * pitch).rounded())
      ofBin[bin, default: []].append(Double(peak.time) / scale)
    }
    let least = Double(begin.time) / scale - speed * Double(end.time) / scale
    let range = Double(last.time) / scale - least
    var cells = [Int32](repeating: 0, count: Int(max(0, range) / cell) + 3)
    for peak in peaks.first {
      let time = speed * Double(peak.time) / scale
      for place in ofBin[Int(peak.bin)] ?? [] { cells[Int((place - time - least) / cell)] += 1 }
    }
    var (best, most) = (0, Int32(0))
    for index in 0..<cells.count - 1 where cells[index] + cells[index + 1] > most {
      (best, most) = (index, cells[index] + cells[index + 1])
    }
    return most > 0 ? least + Double(best + 1) * cell : nil
  }
}

extension [Peak] {
  /// Those in a stretch of frames; they are in order of time.
  fileprivate func within(_ frames: Range<Double>) -> [Peak] {
    let scale = Double(Peak.scale)
    return filter { frames.contains(Double($0.time) / scale) }
  }
}
