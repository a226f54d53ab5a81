import Core
import SystemPackage

extension Wire {
  /// `POST /v1/similar` with a JSON body.
  public struct SimilarRequest: Hashable, Sendable, Codable {
    /// At least one.
    public var like: [Seed]
    public var unlike: [Seed]?
    public var filter: Filter?
    /// Recordings wanted, 1–10,000; 10 when absent.
    public var k: Int?

    public init(like: [Seed], unlike: [Seed]? = nil, filter: Filter? = nil, k: Int? = nil) {
      self.like = like
      self.unlike = unlike
      self.filter = filter
      self.k = k
    }

    public init(from decoder: any Decoder) throws {
      let container = try StrictContainer(decoder, keyedBy: CodingKeys.self)
      like = try container.required([Seed].self, .like)
      unlike = try container.optional([Seed].self, .unlike)
      filter = try container.optional(Filter.self, .filter)
      k = try container.wholeNumber(.k)
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
      case like, unlike, filter, k
    }
  }

  /// A recording of the library, by its id or by a file that holds it, or a stretch of one.
  public struct Seed: Hashable, Sendable, Codable {
    public var path: String?
    public var pathBase64: String?
    /// 64 hexadecimal digits.
    public var id: String?
    /// Start of the stretch in seconds; goes with ``to``.
    public var from: Double?
    /// End of the stretch in seconds.
    public var to: Double?

    public init(path: FilePath, from: Double? = nil, to: Double? = nil) {
      let text = PathText(path)
      // The escaped form names no file, so that only the bytes travel.
      self.path = text.base64 == nil ? text.text : nil
      pathBase64 = text.base64
      self.from = from
      self.to = to
    }

    public init(id: RecordingID, from: Double? = nil, to: Double? = nil) {
      self.id = id.description
      self.from = from
      self.to = to
    }

    public init(from decoder: any Decoder) throws {
      let container = try StrictContainer(decoder, keyedBy: CodingKeys.self)
      path = try container.optional(String.self, .path)
      pathBase64 = try container.optional(String.self, .pathBase64)
      id = try container.optional(String.self, .id)
      from = try container.optional(Double.self, .from)
      to = try container.optional(Double.self, .to)
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
      case path, id, from, to
      case pathBase64 = "path_base64"
    }
  }
}
