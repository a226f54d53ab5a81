/// Small words for JSON schemas (2020-12).
enum Schema {
  static let string: JSONValue = ["type": "string"]
  static let number: JSONValue = ["type": "number"]
  static let boolean: JSONValue = ["type": "boolean"]
  static let count: JSONValue = ["type": "integer", "minimum": 0]
  static let seconds: JSONValue = ["type": "number", "minimum": 0]
  static let id: JSONValue = ["type": "string", "pattern": "^[0-9a-fA-F]{64}$"]
  static let base64: JSONValue = ["type": "string", "contentEncoding": "base64"]
  /// A path in a request: what is escaped there names no file.
  static let requestPath: JSONValue = ["type": "string", "pattern": "^/[^\\u0000]*$"]

  /// The base64 of an absolute path's bytes: it begins with a slash's six bits and two more.
  static let requestBase64: JSONValue = [
    "type": "string", "contentEncoding": "base64",
    "pattern": .string(
      "^L[w-z0-9+/](==|[A-Za-z0-9+/]=|[A-Za-z0-9+/]{2}([A-Za-z0-9+/]{4})*"
        + "([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?)$"),
  ]

  static func reference(_ name: String) -> JSONValue {
    ["$ref": .string("#/components/schemas/\(name)")]
  }

  static func list(_ element: JSONValue) -> JSONValue { ["type": "array", "items": element] }

  static func oneOf(_ values: [String]) -> JSONValue {
    ["type": "string", "enum": .list(values.map { .string($0) })]
  }

  /// Exactly one of these keys must be there.
  static func oneOfKeys(_ names: String...) -> JSONValue {
    .list(names.map { ["required": .list([.string($0)])] })
  }

  static func described(_ schema: JSONValue, _ text: String) -> JSONValue {
    schema.adding(["description": .string(text)])
  }

  /// An object that an answer holds. Later versions may add keys.
  static func object(
    _ required: [String: JSONValue], optional: [String: JSONValue] = [:]
  ) -> JSONValue {
    [
      "type": "object",
      "properties": .object(required.merging(optional) { own, _ in own }),
      "required": .list(required.keys.sorted().map { .string($0) }),
    ]
  }

  /// An object that a request holds: other keys are refused.
  static func request(
    _ required: [String: JSONValue], optional: [String: JSONValue] = [:]
  ) -> JSONValue {
    object(required, optional: optional).adding(["additionalProperties": false])
  }
}
