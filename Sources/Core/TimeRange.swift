/// A stretch of a recording: seconds from its start, `from` inclusive, `to` exclusive.
public struct TimeRange: Hashable, Sendable, Codable {
  /// Seconds from the recording's start, ≥ 0.
  public var from: Double
  /// Seconds from the recording's start, ≥ `from`.
  public var to: Double

  /// Throws ``HarkError`` (`invalidArgument`) unless 0 ≤ `from` < `to` and both are finite.
  public init(from: Double, to: Double) throws(HarkError) {
    guard from.isFinite, to.isFinite, from >= 0, from < to else {
      throw HarkError(
        .invalidArgument, "the stretch from \(from) s to \(to) s is empty or not a stretch",
        remedy: "give 0 ≤ from < to, in seconds")
    }
    self.from = from
    self.to = to
  }

  /// Length in seconds, > 0.
  public var duration: Double { to - from }
}
