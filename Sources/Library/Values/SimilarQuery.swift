import Core
import SystemPackage

/// What a query is like, or unlike: a recording, or a stretch of one.
public struct Seed: Hashable, Sendable {
  /// Where a seed's sound comes from.
  public enum Source: Hashable, Sendable {
    /// A recording of the library.
    case recording(RecordingID)
    /// A file of the library; the daemon opens no path that a client names.
    case file(FilePath)
    /// Audio that came with the query, analysed by ``LibraryService/analyse(_:)``.
    case analysis(Analysis)
  }

  public var source: Source
  /// A stretch of it; `nil` means the whole, by its pooled embedding.
  public var range: TimeRange?

  public init(_ source: Source, range: TimeRange? = nil) {
    self.source = source
    self.range = range
  }
}

/// What sounds like this? `q = normalise(mean(like) − ½ · mean(unlike))`.
///
/// With a stretch among ``like`` recordings are scored by their best segment, otherwise by their
/// pooled embedding. The recordings that the seeds name are never among the results.
public struct SimilarQuery: Hashable, Sendable {
  /// Which recordings may be among the results.
  public struct Filter: Hashable, Sendable {
    /// Recordings with a file at or below one of these directories; empty means all.
    public var under: [FilePath]
    /// Seconds; `nil` means no bound.
    public var minimumDuration: Double?
    /// Seconds; `nil` means no bound.
    public var maximumDuration: Double?

    public init(
      under: [FilePath] = [], minimumDuration: Double? = nil, maximumDuration: Double? = nil
    ) {
      self.under = under
      self.minimumDuration = minimumDuration
      self.maximumDuration = maximumDuration
    }

    /// Whether every recording may be among the results.
    public var isEmpty: Bool { self == Filter() }
  }

  /// At least one.
  public var like: [Seed]
  public var unlike: [Seed]
  public var filter: Filter
  /// Recordings wanted, 1–10,000.
  public var k: Int

  public init(like: [Seed], unlike: [Seed] = [], filter: Filter = Filter(), k: Int = 10) {
    self.like = like
    self.unlike = unlike
    self.filter = filter
    self.k = k
  }
}

/// The answer to a ``SimilarQuery``.
public struct SimilarAnswer: Hashable, Sendable {
  /// One recording that sounds like the query.
  public struct Result: Hashable, Sendable {
    /// The first of ``paths`` that lies below the filter's directories.
    public var path: FilePath
    /// Every online file that holds the recording, in the order of their bytes.
    public var paths: [FilePath]
    public var id: RecordingID
    /// Cosine, in [-1, 1].
    public var score: Double
    /// Where in the result it matches, when the query had a stretch.
    public var range: TimeRange?
    /// Length in seconds.
    public var duration: Double
    /// Of the file at ``path``.
    public var metadata: Metadata

    public init(
      path: FilePath, paths: [FilePath], id: RecordingID, score: Double, range: TimeRange?,
      duration: Double, metadata: Metadata
    ) {
      self.path = path
      self.paths = paths
      self.id = id
      self.score = score
      self.range = range
      self.duration = duration
      self.metadata = metadata
    }
  }

  /// The model whose embeddings were compared.
  public var model: ModelInfo
  /// Whether segments were searched, because a seed has a stretch.
  public var isByMoment: Bool
  /// Best first; ties in the order in which the recordings were added.
  public var results: [Result]

  public init(model: ModelInfo, isByMoment: Bool, results: [Result]) {
    self.model = model
    self.isByMoment = isByMoment
    self.results = results
  }
}
