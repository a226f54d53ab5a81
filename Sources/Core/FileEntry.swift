import SystemPackage

/// What the library knows about one file.
public struct FileEntry: Hashable, Sendable {
  /// Where a file stands.
  public enum State: String, Sendable, Codable, CaseIterable {
    /// Waiting for its analysis, or for another try.
    case pending
    /// Its recording is known and can be found.
    case analysed
    /// Its last analysis failed: ``FileEntry/failure`` says why.
    case failed
    /// Not audio: left alone until it changes.
    case skipped
    /// Its root or mount is away. It keeps what was known and comes back untouched.
    case offline
  }

  /// Absolute path.
  public var path: FilePath
  public var state: State
  /// Bytes.
  public var size: Int64
  /// Last modification in nanoseconds since 1970.
  public var modified: Int64
  /// The recording that the file holds; `nil` until it is analysed.
  public var recording: RecordingID?
  /// Length in seconds; `nil` until it is analysed.
  public var duration: Double?
  /// Container and codec, as ``AudioFacts`` has them; `nil` until it is analysed. Of copies that an
  /// earlier version analysed they are not known.
  public var container: String?
  public var codec: String?
  public var metadata: Metadata
  /// Why the last analysis failed.
  public var failure: AnalysisFailure?
  /// Analyses that failed in a row.
  public var failureCount: Int
  /// When a file whose failure may pass is tried again, in seconds since 1970.
  public var retryAt: Double?
  /// When the file was first seen, in seconds since 1970.
  public var added: Double

  public init(
    path: FilePath, state: State, size: Int64, modified: Int64, recording: RecordingID?,
    duration: Double?, container: String? = nil, codec: String? = nil, metadata: Metadata,
    failure: AnalysisFailure?, failureCount: Int, retryAt: Double?, added: Double
  ) {
    self.path = path
    self.state = state
    self.size = size
    self.modified = modified
    self.recording = recording
    self.duration = duration
    self.container = container
    self.codec = codec
    self.metadata = metadata
    self.failure = failure
    self.failureCount = failureCount
    self.retryAt = retryAt
    self.added = added
  }
}

/// Which files to list, in the order of their paths' bytes.
public struct FileQuery: Hashable, Sendable {
  /// Only these states; empty means all but `skipped`.
  public var states: Set<FileEntry.State>
  /// Only at or below this directory.
  public var under: FilePath?
  /// At most this many, 1–10,000.
  public var limit: Int
  /// Go on after this path: the last page's ``Page/next``.
  public var after: FilePath?

  public init(
    states: Set<FileEntry.State> = [], under: FilePath? = nil, limit: Int = 100,
    after: FilePath? = nil
  ) {
    self.states = states
    self.under = under
    self.limit = limit
    self.after = after
  }
}

/// One page of a list that is too long for one answer.
public struct Page<Element: Sendable, Position: Sendable>: Sendable {
  public var elements: [Element]
  /// Where the next page goes on; `nil` on the last page.
  public var next: Position?

  public init(elements: [Element], next: Position?) {
    self.elements = elements
    self.next = next
  }
}
