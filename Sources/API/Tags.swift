import Core
import SystemPackage

extension Wire {
  /// `POST /v1/tags` with a JSON body: a recording by its id or by a file that holds it. One of the
  /// three keys.
  public struct TagRequest: Hashable, Sendable, Codable {
    public var path: String?
    public var pathBase64: String?
    /// 64 hexadecimal digits.
    public var id: String?

    public init(path: FilePath) {
      let text = PathText(path)
      self.path = text.base64 == nil ? text.text : nil
      pathBase64 = text.base64
    }

    public init(id: RecordingID) { self.id = id.description }

    /// The recording that a seed names, whatever stretch of it is meant.
    public init(_ seed: Seed) {
      path = seed.path
      pathBase64 = seed.pathBase64
      id = seed.id
    }

    public init(from decoder: any Decoder) throws {
      let container = try StrictContainer(decoder, keyedBy: CodingKeys.self)
      path = try container.optional(String.self, .path)
      pathBase64 = try container.optional(String.self, .pathBase64)
      id = try container.optional(String.self, .id)
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
      case path, id
      case pathBase64 = "path_base64"
    }
  }

  /// What `POST /v1/tags` and `GET /v1/recordings/{id}/tags` answer.
  public struct TagAnswer: Hashable, Sendable, Codable {
    public var query: TagEcho
    /// All of the model's labels, best first; empty for a model that gives no tags.
    public var tags: [Tag]

    public init(query: TagEcho, tags: [Tag]) {
      self.query = query
      self.tags = tags
    }
  }

  /// The question as it was understood: a file, a recording, or audio, which bears its id.
  public struct TagEcho: Hashable, Sendable, Codable {
    public var path: String?
    public var pathBase64: String?
    /// 64 hexadecimal digits.
    public var id: String?
    public var model: ModelName
    /// What the audio that came with the question is.
    public var audio: QueryAudio?

    public init(id: RecordingID, model: ModelName, audio: QueryAudio? = nil) {
      self.id = id.description
      self.model = model
      self.audio = audio
    }

    public init(path: FilePath, model: ModelName) {
      self.model = model
      setPath(path)
    }

    /// Sets `path` and its companion.
    public mutating func setPath(_ path: FilePath) {
      let text = PathText(path)
      self.path = text.text
      pathBase64 = text.base64
    }

    /// The exact path.
    public var filePath: FilePath? {
      path.flatMap { PathText(text: $0, base64: pathBase64).path }
    }

    enum CodingKeys: String, CodingKey {
      case path, id, model, audio
      case pathBase64 = "path_base64"
    }
  }

  /// A label that the model gives, and how sure it is.
  public struct Tag: Hashable, Sendable, Codable {
    public var label: String
    /// 0–1.
    public var score: Double

    public init(_ tag: Core.Tag) {
      label = tag.label
      score = tag.score
    }
  }
}
