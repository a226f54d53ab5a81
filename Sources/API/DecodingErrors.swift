import Core

extension WireJSON {
  /// Turns a decoder's error into one line that names the key and what is expected there.
  static func describe(_ error: DecodingError) -> HarkError {
    let remedy = "/openapi.json describes what is accepted"
    switch error {
    case .typeMismatch(let type, let context):
      return HarkError(
        .invalidArgument, "\(place(context.codingPath)) must be \(name(of: type))", remedy: remedy)
    case .valueNotFound(let type, let context):
      return HarkError(
        .invalidArgument, "\(place(context.codingPath)) must be \(name(of: type)), not null",
        remedy: remedy)
    case .keyNotFound(let key, let context):
      return HarkError(
        .invalidArgument, "\(place(context.codingPath + [key])) is missing", remedy: remedy)
    case .dataCorrupted(let context):
      guard context.codingPath.isEmpty else {
        return HarkError(
          .invalidArgument, "\(place(context.codingPath)): \(context.debugDescription)",
          remedy: remedy)
      }
      return HarkError(
        .invalidArgument, "the body is not valid JSON",
        remedy: "send UTF-8 JSON, or audio with another Content-Type",
        cause: context.underlyingError.map { "\($0)" } ?? context.debugDescription)
    @unknown default:
      return HarkError(.invalidArgument, "the JSON cannot be read", cause: "\(error)")
    }
  }

  /// A place in a document, such as `like[0].from`.
  static func place(_ path: [any CodingKey]) -> String {
    var text = ""
    for key in path {
      if let index = key.intValue {
        text += "[\(index)]"
      } else {
        text += text.isEmpty ? key.stringValue : ".\(key.stringValue)"
      }
    }
    return text.isEmpty ? "the body" : "“\(text)”"
  }

  private static func name(of type: Any.Type) -> String {
    switch type {
    case is String.Type: "a string"
    case is Bool.Type: "true or false"
    case is any BinaryInteger.Type: "a whole number"
    case is any BinaryFloatingPoint.Type: "a number"
    case is [Any].Type: "a list"
    default: "\(type)".hasPrefix("Array") ? "a list" : "an object"
    }
  }
}
