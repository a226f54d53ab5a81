import Core
import SystemPackage

/// What recording is this?
public struct IdentifyQuery: Hashable, Sendable {
  /// A recording of the library, or audio that came with the query, heard by
  /// ``LibraryService/listen(to:)``.
  public var source: Seed.Source
  /// How many recordings may be heard in the query, 1–1,000. With 1 it is taken for an excerpt of one
  /// recording; with more, for a mix or a broadcast, of which the whole is listened to.
  public var expect: Int

  public init(source: Seed.Source, expect: Int = 1) {
    self.source = source
    self.expect = expect
  }
}

/// The answer to an ``IdentifyQuery``.
public struct IdentifyAnswer: Hashable, Sendable {
  /// A recording that is heard in the query.
  public struct Result: Hashable, Sendable {
    /// The first of ``paths``.
    public var path: FilePath
    /// Every online file that holds the recording, in the order of their bytes.
    public var paths: [FilePath]
    public var id: RecordingID
    /// The share of the query in which the recording is heard, 0–1.
    public var score: Double
    /// The recording's time, in seconds, at the query's time 0.
    public var offset: Double
    /// Above 1, the query runs faster.
    public var speed: Double
    /// A frequency in the query over the same one in the recording.
    public var pitch: Double
    /// Stretches of the query, in seconds, in which the recording is heard, in order of time.
    public var intervals: [TimeRange]
    /// How many matches as good as this one chance would give in this library, on average.
    public var expectedFalseMatches: Double
    /// Seconds.
    public var duration: Double
    public var metadata: Metadata

    public init(
      path: FilePath, paths: [FilePath], id: RecordingID, score: Double, offset: Double,
      speed: Double, pitch: Double, intervals: [TimeRange], expectedFalseMatches: Double,
      duration: Double, metadata: Metadata
    ) {
      self.path = path
      self.paths = paths
      self.id = id
      self.score = score
      self.offset = offset
      self.speed = speed
      self.pitch = pitch
      self.intervals = intervals
      self.expectedFalseMatches = expectedFalseMatches
      self.duration = duration
      self.metadata = metadata
    }

    /// Seconds of the query in which the recording is heard.
    public var matched: Double { intervals.reduce(0) { $0 + $1.to - $1.from } }
  }

  /// Seconds of the query.
  public var duration: Double
  /// The most certain first; of a time line, in the order in which they begin.
  public var results: [Result]
  /// Why there is no result: `too short`, `silence` or `no match`.
  public var reason: String?

  public init(duration: Double, results: [Result], reason: String?) {
    self.duration = duration
    self.results = results
    self.reason = reason
  }
}
