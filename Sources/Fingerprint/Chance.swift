#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// How often music that is in no library gives a match with so much evidence.
///
/// Matching music by chance is nothing like independent events, so that no law of theirs is of use.
/// Each kind of search has its own numbers here, measured with `Benchmarks/identify` on music that is
/// in no library.
struct Chance: Sendable {
  /// How far the evidence of chance matches of short queries grows with each e-fold of trials.
  var evidencePerFold: Double
  /// The trials in which a frame of library counts.
  var trialsPerFrame: Double
  /// Peaks of a longer query do not agree or disagree each for itself: where a chord fits, the next one
  /// does. Chance gives somewhat more evidence, if in fewer queries: the power of how many times as long
  /// as ``independentSeconds`` it is.
  var growth = 0.15

  /// The query as it is: evidence alone.
  static let plain = Chance(evidencePerFold: 1.1, trialsPerFrame: 1.5e-6)
  /// The same where votes are many enough to speak as well: evidence and
  /// ``evidence(ofProminence:)`` added up.
  static let voted = Chance(evidencePerFold: 1.1, trialsPerFrame: 3e-6)
  /// What is left of a query from which a recording's peaks were taken: those of them that lie a little
  /// off are left as well, and fit the recording's next bar, and its copies, all along.
  static let rest = Chance(evidencePerFold: 1.1, trialsPerFrame: 1.5e-6, growth: 0.8)
  /// All warps of the grid together. More is asked here than chance was seen to give: of 10 s and more,
  /// what is right has ten times as much.
  static let warped = Chance(evidencePerFold: 2, trialsPerFrame: 1e-4)

  /// A smaller library counts as if it had so many frames (4.4 hours): however few recordings there
  /// are, what gets named is the best of many places in them.
  private static let leastFrames = 1_000_000

  private static let independentSeconds = 5.0

  /// The matches of at least this evidence that chance gives a query of so many seconds, at one warp
  /// or on the whole grid, in a library of so many frames.
  func expected(evidence: Double, seconds: Double, frames: Int) -> Double {
    let dependence = pow(max(1, seconds / Self.independentSeconds), growth)
    let trials = trialsPerFrame * Double(max(frames, Self.leastFrames))
    return trials / (dependence * dependence) * exp(-evidence / (evidencePerFold * dependence))
  }

  /// What it says for a place that it has more votes than the places that lead usually have, all of
  /// them by chance. Votes are of pairs of peaks, evidence is of single ones, so that what leads by far
  /// in both is rarely chance.
  static func evidence(ofProminence prominence: Double) -> Double {
    evidencePerVoteFold * log(max(1, prominence))
  }

  private static let evidencePerVoteFold = 9.0
}

extension Identifier {
  /// The matches of at least this evidence that chance gives at one place in so many frames, where it
  /// is weighed over short stretches: of recordings laid beside each other.
  static func expectedFalseMatches(evidence: Double, frames: Int) -> Double {
    Double(frames) * 8.2e-7 * exp(-evidence / 1.36)
  }
}
