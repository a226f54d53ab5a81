extension QueryParameter {
  static let limit = QueryParameter(
    name: "limit", description: "At most this many.",
    schema: ["type": "integer", "minimum": 1, "maximum": 10_000, "default": 100])

  static let cursor = QueryParameter(
    name: "cursor", description: "Go on where the answer that held this cursor ended.",
    schema: ["type": "string"])

  /// A directory and its companion in base64.
  static func under(isRepeatable: Bool = false) -> [QueryParameter] {
    [
      QueryParameter(
        name: "under", description: "Only at or below this directory.", schema: Schema.requestPath,
        isRepeatable: isRepeatable),
      QueryParameter(
        name: "under_base64", description: "The same, as the base64 of the path's bytes.",
        schema: Schema.requestBase64, isRepeatable: isRepeatable),
    ]
  }

  /// A file and its companion in base64.
  static let path = [
    QueryParameter(
      name: "path", description: "Only this file; without it the answer is a 404.",
      schema: Schema.requestPath),
    QueryParameter(
      name: "path_base64", description: "The same, as the base64 of the path's bytes.",
      schema: Schema.requestBase64),
  ]

  /// A number of seconds.
  static func seconds(_ name: String, _ description: String) -> QueryParameter {
    QueryParameter(
      name: name, description: description, schema: ["type": "number", "minimum": 0])
  }
}
