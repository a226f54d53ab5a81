import Core
import SystemPackage

extension Wire {
  /// What `POST /v1/similar` answers.
  public struct SimilarAnswer: Hashable, Sendable, Codable {
    public var query: SimilarEcho
    /// Best first.
    public var results: [SimilarResult]

    public init(query: SimilarEcho, results: [SimilarResult]) {
      self.query = query
      self.results = results
    }
  }

  /// The query as it was understood.
  public struct SimilarEcho: Hashable, Sendable, Codable {
    public var like: [Seed]
    public var unlike: [Seed]
    public var filter: Filter
    public var k: Int
    /// Whether segments were compared, because a seed has a stretch.
    public var byMoment: Bool
    public var model: ModelName
    /// What the audio that came with the query is.
    public var audio: QueryAudio?

    public init(
      like: [Seed], unlike: [Seed], filter: Filter, k: Int, byMoment: Bool, model: ModelName,
      audio: QueryAudio?
    ) {
      self.like = like
      self.unlike = unlike
      self.filter = filter
      self.k = k
      self.byMoment = byMoment
      self.model = model
      self.audio = audio
    }

    enum CodingKeys: String, CodingKey {
      case like, unlike, filter, k, model, audio
      case byMoment = "by_moment"
    }
  }

  /// The model whose embeddings were compared.
  public struct ModelName: Hashable, Sendable, Codable {
    /// 64 hexadecimal digits.
    public var id: String
    public var name: String
    /// `false` for weights that come from a seed and mean nothing.
    public var trained: Bool

    public init(_ info: ModelInfo) {
      id = info.id
      name = info.name
      trained = info.isTrained
    }
  }

  /// Audio that came with a query. Its seed in the echo bears the same id.
  public struct QueryAudio: Hashable, Sendable, Codable {
    /// The recording's id: 64 hexadecimal digits, whether the library holds it or not.
    public var id: String
    public var duration: Double
    /// What was odd about it, but not fatal.
    public var warnings: [String]

    public init(_ analysis: Analysis) {
      id = analysis.recording.description
      duration = analysis.facts.duration
      warnings = analysis.facts.warnings
    }
  }

  /// One recording that sounds like the query.
  public struct SimilarResult: Hashable, Sendable, Codable, WirePathHolder {
    /// The first of ``paths`` that the filter lets through.
    public var path: String
    public var pathBase64: String?
    /// Every online file that holds the recording, in the order of their bytes.
    public var paths: [String]
    /// Every path's bytes in base64, in the same order, if at least one is not UTF-8.
    public var pathsBase64: [String]?
    /// 64 hexadecimal digits.
    public var id: String
    /// Cosine, in [-1, 1].
    public var score: Double
    /// Where in the result it matches, in seconds, when the query had a stretch.
    public var from: Double?
    public var to: Double?
    /// Length in seconds.
    public var duration: Double
    /// What the file at ``path`` says about itself.
    public var metadata: Metadata

    public init(
      path: FilePath, paths: [FilePath], id: RecordingID, score: Double, range: TimeRange?,
      duration: Double, metadata: Metadata
    ) {
      let text = PathText(path)
      let lists = Wire.lists(paths)
      self.path = text.text
      pathBase64 = text.base64
      self.paths = lists.texts
      pathsBase64 = lists.base64
      self.id = id.description
      self.score = score
      from = range?.from
      to = range?.to
      self.duration = duration
      self.metadata = metadata
    }

    /// The exact paths.
    public var filePaths: [FilePath] {
      pathsBase64?.compactMap(PathText.path(base64:)) ?? paths.map { FilePath(bytes: $0.utf8) }
    }

    enum CodingKeys: String, CodingKey {
      case path, paths, id, score, from, to, duration, metadata
      case pathBase64 = "path_base64"
      case pathsBase64 = "paths_base64"
    }
  }
}
