import Core
import SystemPackage

extension Wire {
  /// `POST /v1/rescan`, and its answer.
  public struct Rescan: Hashable, Sendable, Codable {
    /// Below this directory only; everything when absent.
    public var under: String?
    public var underBase64: String?
    /// Whether a folder there that is offline, because its disk is another one than before or because it
    /// is empty, is taken as it is: the files that are no longer in it are then gone for good.
    public var adopt: Bool?

    public init(under: FilePath?, adopt: Bool? = nil) {
      let text = under.map(PathText.init)
      self.under = text?.base64 == nil ? text?.text : nil
      underBase64 = text?.base64
      self.adopt = adopt
    }

    public init(from decoder: any Decoder) throws {
      let container = try StrictContainer(decoder, keyedBy: CodingKeys.self)
      under = try container.optional(String.self, .under)
      underBase64 = try container.optional(String.self, .underBase64)
      adopt = try container.optional(Bool.self, .adopt)
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
      case under
      case adopt
      case underBase64 = "under_base64"
    }
  }

  /// `POST /v1/forget`, and its answer. One of both keys.
  public struct Forget: Hashable, Sendable, Codable {
    public var path: String?
    public var pathBase64: String?

    public init(path: FilePath) {
      let text = PathText(path)
      self.path = text.base64 == nil ? text.text : nil
      pathBase64 = text.base64
    }

    public init(from decoder: any Decoder) throws {
      let container = try StrictContainer(decoder, keyedBy: CodingKeys.self)
      path = try container.optional(String.self, .path)
      pathBase64 = try container.optional(String.self, .pathBase64)
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
      case path
      case pathBase64 = "path_base64"
    }
  }
}
