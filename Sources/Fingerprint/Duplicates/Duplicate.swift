import Core

/// Two recordings that hold the same music, and where.
public struct Duplicate: Sendable, Equatable {
  /// The shorter recording, or one of two of the same length.
  public var first: RecordingKey
  public var second: RecordingKey
  /// What the first recording is to the second.
  public var relation: CopyRelation
  /// Seconds of the second at the first's time 0; negative where the first begins earlier.
  public var offset: Double
  /// Seconds of the second that pass in a second of the first: above 1, the first runs faster.
  public var speed: Double
  /// A frequency in the first over the same one in the second.
  public var pitch: Double
  /// What they have in common, in seconds of the first and of the second, in order of time.
  public var firstIntervals: [Match.Interval]
  public var secondIntervals: [Match.Interval]
  /// How much of each, from its first peak to its last, lies in those intervals: 0 … 1.
  public var firstCoverage: Double
  public var secondCoverage: Double
  /// The share of the second's peaks in the common part that the first has too, beyond chance.
  public var agreement: Double
  /// How many pairs of other music as alike as these a library of this size would give.
  public var expectedFalseMatches: Double

  public init(
    first: RecordingKey, second: RecordingKey, relation: CopyRelation, offset: Double,
    speed: Double, pitch: Double, firstIntervals: [Match.Interval],
    secondIntervals: [Match.Interval], firstCoverage: Double, secondCoverage: Double,
    agreement: Double, expectedFalseMatches: Double
  ) {
    self.first = first
    self.second = second
    self.relation = relation
    self.offset = offset
    self.speed = speed
    self.pitch = pitch
    self.firstIntervals = firstIntervals
    self.secondIntervals = secondIntervals
    self.firstCoverage = firstCoverage
    self.secondCoverage = secondCoverage
    self.agreement = agreement
    self.expectedFalseMatches = expectedFalseMatches
  }
}
