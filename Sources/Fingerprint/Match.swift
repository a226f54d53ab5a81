import Core

/// A recording that a query was found in, and where.
public struct Match: Sendable, Equatable {
  public var recording: RecordingKey
  /// Seconds from the recording's start at the query's time 0; negative where the query begins
  /// before the recording does.
  public var offset: Double
  /// Seconds of the recording that pass in a second of the query: above 1, the query runs faster.
  public var speed: Double
  /// A frequency in the query over the same one in the recording.
  public var pitch: Double
  /// The recording's peaks that the query has too.
  public var matched: Int
  /// How much what is found of its peaks, and what is not, speaks for it: the logarithm of how much
  /// likelier that is where the recording is heard than by chance. Tells matches apart of which none
  /// can be chance.
  public var evidence: Double
  /// How many matches at least as good as this one music that is not in the library would give, on
  /// average, for this query in a library of this size (as BLAST's E-value does: Karlin & Altschul,
  /// PNAS 1990).
  public var expectedFalseMatches: Double
  /// The stretches of the query, in seconds, in which the recording is heard, in order of time.
  public var intervals: [Interval]

  /// A stretch of a query, in seconds from its start.
  public struct Interval: Sendable, Equatable {
    public var from: Double
    public var to: Double

    public init(from: Double, to: Double) {
      self.from = from
      self.to = to
    }

    public var duration: Double { to - from }
  }

  /// Makes a match of a query's stretch one of the query: the stretch began at `start` seconds.
  mutating func move(by start: Double) {
    offset -= start * speed
    intervals = intervals.map { Interval(from: $0.from + start, to: $0.to + start) }
  }

  /// Whether fewer false matches are to be expected of this one than of another of the same query.
  ///
  /// Much evidence leaves none to be expected, not even in a `Double`: then evidence tells.
  func isSurer(than other: Match) -> Bool {
    (expectedFalseMatches, other.evidence, recording)
      < (other.expectedFalseMatches, evidence, other.recording)
  }

  /// Seconds of the query in which the recording is heard.
  public var matchedSeconds: Double { intervals.reduce(0) { $0 + $1.duration } }
}

/// What a query is, or why that is not known.
public struct Identification: Sendable, Equatable {
  /// The most certain first; empty where nothing is certain.
  public var matches: [Match]
  /// Set exactly where there is no match.
  public var reason: Reason?

  /// Why there is no match.
  public enum Reason: String, Sendable {
    /// Less than ``Identifier/leastSeconds`` to go by.
    case tooShort = "too short"
    /// Nearly nothing that can be heard.
    case silence
    /// No recording matches better than other music would by chance.
    case noMatch = "no match"
  }

  init(_ matches: [Match]) {
    self.matches = matches
    reason = matches.isEmpty ? .noMatch : nil
  }

  init(_ reason: Reason) {
    matches = []
    self.reason = reason
  }
}
