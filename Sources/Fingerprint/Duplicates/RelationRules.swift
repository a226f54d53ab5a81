import Core

/// What decides on a pair's relation: all thresholds in one place.
struct RelationRules: Sendable {
  /// Two recordings of the same piece that are not copies (another take, a remix over the same loop)
  /// agree in places; a copy, even at 64 kbit/s and between frames, in this share of its peaks at
  /// least. `Benchmarks/duplicates` has the distribution on both sides.
  var leastAgreement = 0.4
  /// What one recording has of another, at least, to count as the whole of it: fades and the last
  /// window of a common part are not heard.
  var whole = 0.9
  /// So many seconds may be missing of the shortest: in a sound of a second, its last breath.
  var edge = 0.25
  /// Speeds nearer to 1 are clocks (crystals keep to 2 · 10⁻⁴), not intentions …
  var sameSpeed = 5e-4
  /// … and pitches nearer to 1 are within the error of measurement.
  var samePitch = 2e-3
  /// Coders shift by up to 0.1 s (priming samples that a decoder leaves in) …
  var sameOffset = 0.2
  /// … and fill up their last frame.
  var sameLength = 0.5
  /// Ends that are cut off or added are at most so many seconds together, or …
  var trimmedSeconds = 15.0
  /// … that share of the longer one; what has more around it is contained in it.
  var trimmedShare = 0.15
  /// Where one is a part of another, or each has more, this much of it is music enough.
  var leastPart = 5.0
  var leastShared = 15.0

  /// What is known of a pair: of each its length and the share that is common, the first one not
  /// longer than the second.
  struct Facts {
    var firstSeconds: Double
    var secondSeconds: Double
    var firstCoverage: Double
    var secondCoverage: Double
    var commonSeconds: Double
    /// Whether all that is common lies along one line.
    var isInOnePiece = true
    var offset: Double
    var speed: Double
    var pitch: Double
    var agreement: Double
  }

  /// - Returns: nil where they are no pair.
  func relation(_ facts: Facts) -> CopyRelation? {
    guard facts.agreement >= leastAgreement else { return nil }
    guard isWhole(facts.firstCoverage, of: facts.firstSeconds) else {
      return facts.commonSeconds >= leastShared ? .sharing : nil
    }
    let isSameSpeed = abs(facts.speed - 1) < sameSpeed && abs(facts.pitch - 1) < samePitch
    // Of the second, what the first would fill if all of it were heard.
    let rest = facts.secondSeconds - facts.firstSeconds * facts.speed
    // What has no peaks is silence: a copy that was padded with it has nothing more to hear.
    let isPadded = isWhole(facts.secondCoverage, of: facts.secondSeconds)
    // What was cut out of the middle is no trimming.
    let isTrimmed =
      facts.isInOnePiece
      && rest <= max(trimmedSeconds, trimmedShare * facts.secondSeconds)
      && facts.firstSeconds * facts.speed >= facts.secondSeconds / 2
    guard isPadded || isTrimmed else {
      return facts.commonSeconds >= leastPart ? .contained : nil
    }
    guard isSameSpeed else { return .spedUp }
    let isSame =
      facts.isInOnePiece && isPadded && abs(facts.offset) <= sameOffset && abs(rest) <= sameLength
    return isSame ? .sameRecording : .trimmed
  }

  /// Whether a share of a recording is as good as the whole of it.
  func isWhole(_ coverage: Double, of seconds: Double) -> Bool {
    coverage >= min(whole, 1 - edge / max(seconds, 2 * edge))
  }
}
