import Core

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The line along which one recording is heard in another, fitted where it is heard alone.
///
/// Some peaks lie on each other by chance all along any line, far from what two recordings share most of
/// all, where they pull hardest on its slope. So a window of the first takes part in the fit if its hits
/// and misses say that the second is heard in it, and no other does.
struct SharedLine {
  var fit: PeakPairs.Fit
  /// The stretches of the first in which the second is heard, in seconds from its first frame, in order.
  var intervals: [Match.Interval]

  /// Fits that follow each other, at most. Each reaches at least twice as far as the one before it.
  private static let fits = 12
  /// By how much a further fit must be heard better than the one before it.
  private static let gain = 1.01
  /// Evidence of a window in which the second is heard, if there were one window; and how much more is
  /// asked for each e-fold of windows, so that chance gives some window of a hundred comparisons as much.
  private static let leastEvidence = 6.0
  private static let evidencePerFold = 1.36
  /// Seconds of a stretch, at least: three peaks in a row may be chance.
  private static let leastSeconds = 2.0

  /// - Parameters:
  ///   - line: about what the search found.
  ///   - windows: the stretches of the first in which it found this, in frames, in order of time.
  ///   - peaks: all of both.
  ///   - stored: all of the first, and what a store keeps of the second: of these, it is known how many
  ///     are hit by chance.
  ///   - frames: of the first.
  /// - Returns: nil where too few peaks lie about the line.
  init?(
    _ line: Line, pitch: Double, windows: [Range<Double>], peaks: PeakPairs, stored: PeakPairs,
    frames: Int, _ parameters: FingerprintParameters
  ) {
    let frame = parameters.frameSeconds
    guard var fit = peaks.fit(line, pitch: pitch, within: windows) else { return nil }
    // Windows that are heard together only, each too faint by itself, are what there is to go by.
    var intervals = PairVerifier.joined(
      windows.map { .init(from: $0.lowerBound * frame, to: $0.upperBound * frame) })
    let count = max(1, Double(frames) * frame / PairVerifier.window)
    let least = Self.leastEvidence + Self.evidencePerFold * log(count)
    var evidence = 0.0
    for _ in 0..<Self.fits {
      let heard = PairVerifier.heard(
        fit, stored, frames: frames, leastEvidence: least, parameters)
      guard heard.evidence > Self.gain * evidence else { break }
      let kept = Self.kept(heard.intervals)
      let stretches = kept.map { $0.from / frame..<$0.to / frame }
      guard let next = peaks.fit(fit.line, pitch: fit.pitch, within: stretches) else { break }
      (fit, intervals, evidence) = (next, kept, heard.evidence)
    }
    self.fit = fit
    self.intervals = intervals
  }

  /// Those of a length that chance does not give, or all where there is none.
  private static func kept(_ heard: [Match.Interval]) -> [Match.Interval] {
    let joined = PairVerifier.joined(heard)
    let long = joined.filter { $0.duration >= leastSeconds }
    return long.isEmpty ? joined : long
  }
}
