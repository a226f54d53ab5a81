import Core

/// A recording's rows in one index file: the value by which the catalogue refers to them.
///
/// It names its generation but not its file; only ``ModelIndex`` knows what to do with it.
public struct RowRange: Hashable, Sendable, Codable {
  /// The generation of index files that the rows lie in.
  public var generation: Int
  /// The first row, counted from 0.
  public var first: Int
  /// Number of rows, ≥ 0.
  public var count: Int
  /// CRC-32C of the rows' bytes as they lie in the file.
  public var checksum: UInt32

  public init(generation: Int, first: Int, count: Int, checksum: UInt32) {
    self.generation = generation
    self.first = first
    self.count = count
    self.checksum = checksum
  }

  /// The first row after these.
  var end: Int { first + count }

  /// Whether a file can have such rows: then what is reckoned with them fits integers. A catalogue that is
  /// damaged may say anything.
  var isPossible: Bool {
    (0..<Int.max / 1024).contains(first) && (0..<Int(Int32.max)).contains(count)
  }
}

/// One recording's rows in both files of a model, as the catalogue hands them over at start-up.
public struct StoredRows: Hashable, Sendable {
  public var key: RecordingKey
  /// One row of the recordings file.
  public var pooled: RowRange
  /// Rows of the segments file, in the order of time; there may be none.
  public var segments: RowRange

  public init(key: RecordingKey, pooled: RowRange, segments: RowRange) {
    self.key = key
    self.pooled = pooled
    self.segments = segments
  }
}

/// What an append wrote: for the catalogue's transaction, then for ``ModelIndex/publish(key:rows:)``.
public struct AppendedRows: Hashable, Sendable {
  public var pooled: RowRange
  public var segments: RowRange

  public init(pooled: RowRange, segments: RowRange) {
    self.pooled = pooled
    self.segments = segments
  }
}

/// One recording in a query's answer.
public struct Hit: Hashable, Sendable {
  public var recording: RecordingKey
  /// Cosine of the query and what is stored, in [-1, 1].
  public var score: Double
  /// The best segment's stretch, where segments were asked for.
  public var range: TimeRange?

  public init(recording: RecordingKey, score: Double, range: TimeRange? = nil) {
    self.recording = recording
    self.score = score
    self.range = range
  }
}

/// Rows that queries see and rows that they do not: compaction is due when too many are dead.
public struct IndexWaste: Hashable, Sendable {
  public var liveRecordings: Int
  public var deadRecordings: Int
  public var liveSegments: Int
  public var deadSegments: Int

  /// Bytes of rows in both files, and how many of them are dead.
  public var bytes: Int {
    (liveRecordings + deadRecordings) * RowKind.recordings.bytesPerRow
      + (liveSegments + deadSegments) * RowKind.segments.bytesPerRow
  }

  public var deadBytes: Int {
    deadRecordings * RowKind.recordings.bytesPerRow
      + deadSegments * RowKind.segments.bytesPerRow
  }
}
