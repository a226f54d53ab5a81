import Core
import SystemPackage

extension Wire {
  /// Which recordings may be among the results.
  public struct Filter: Hashable, Sendable, Codable {
    /// Only recordings with a file at or below one of these directories. JSON may give one string
    /// instead of a list.
    public var under: [String]?
    /// The same, as the base64 of the paths' bytes; both may be given.
    public var underBase64: [String]?
    public var duration: DurationBounds?

    public init(under: [FilePath] = [], duration: DurationBounds? = nil) {
      let texts = under.map(PathText.init)
      let plain = texts.filter { $0.base64 == nil }.map(\.text)
      let exact = texts.compactMap(\.base64)
      self.under = plain.isEmpty ? nil : plain
      underBase64 = exact.isEmpty ? nil : exact
      self.duration = duration
    }

    public init(from decoder: any Decoder) throws {
      let container = try StrictContainer(decoder, keyedBy: CodingKeys.self)
      under = try container.optional(OneOrMany.self, .under)?.values
      underBase64 = try container.optional(OneOrMany.self, .underBase64)?.values
      duration = try container.optional(DurationBounds.self, .duration)
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
      case under, duration
      case underBase64 = "under_base64"
    }
  }

  /// Bounds in seconds, both inclusive.
  public struct DurationBounds: Hashable, Sendable, Codable {
    public var min: Double?
    public var max: Double?

    public init(min: Double? = nil, max: Double? = nil) {
      self.min = min
      self.max = max
    }

    public init(from decoder: any Decoder) throws {
      let container = try StrictContainer(decoder, keyedBy: CodingKeys.self)
      min = try container.optional(Double.self, .min)
      max = try container.optional(Double.self, .max)
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
      case min, max
    }
  }

  /// A string, or a list of strings.
  private struct OneOrMany: Decodable {
    let values: [String]

    init(from decoder: any Decoder) throws {
      if let one = try? decoder.singleValueContainer().decode(String.self) {
        values = [one]
        return
      }
      do {
        var list = try decoder.unkeyedContainer()
        var values: [String] = []
        while !list.isAtEnd { values.append(try list.decode(String.self)) }
        self.values = values
      } catch DecodingError.typeMismatch(_, let context)
        where context.codingPath.count == decoder.codingPath.count
      {
        throw HarkError(
          .invalidArgument,
          "\(WireJSON.place(decoder.codingPath)) must be a string or a list of strings",
          remedy: "/openapi.json describes what is accepted")
      }
    }
  }
}
