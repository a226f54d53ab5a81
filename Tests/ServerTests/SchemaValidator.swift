import Foundation

/// Checks JSON against the schemas of an OpenAPI document, as far as ours go. What it does not know it
/// reports, so that no schema is passed over.
struct SchemaValidator {
  let document: [String: Any]

  /// What is wrong with `value`; empty if nothing is. An object's keys must all be known, even where
  /// the schema would allow more: an answer must not hold what the document does not tell.
  func errors(_ value: Any, _ schema: [String: Any], at place: String = "$") -> [String] {
    if let reference = schema["$ref"] as? String {
      let name = reference.split(separator: "/").last.map(String.init) ?? ""
      let components = document["components"] as? [String: Any]
      let schemas = components?["schemas"] as? [String: Any]
      guard let target = schemas?[name] as? [String: Any] else {
        return ["\(place): \(reference) leads nowhere"]
      }
      return errors(value, target, at: place)
    }
    if let choices = schema["oneOf"] as? [[String: Any]], schema["type"] == nil {
      let matching = choices.filter { errors(value, $0, at: place).isEmpty }
      return matching.count == 1 ? [] : ["\(place): \(matching.count) of oneOf match"]
    }
    switch schema["type"] as? String {
    case "object": return object(value, schema, place)
    case "array":
      guard let list = value as? [Any] else { return ["\(place): no list"] }
      let items = schema["items"] as? [String: Any] ?? [:]
      return list.enumerated().flatMap { errors($1, items, at: "\(place)[\($0)]") }
    case "string": return string(value, schema, place)
    case "integer", "number": return number(value, schema, place)
    case "boolean": return isBoolean(value) ? [] : ["\(place): no boolean"]
    default: return ["\(place): schema without a type that is known: \(schema)"]
    }
  }

  private func object(_ value: Any, _ schema: [String: Any], _ place: String) -> [String] {
    guard let members = value as? [String: Any] else { return ["\(place): no object"] }
    guard let properties = schema["properties"] as? [String: Any] else { return [] }
    var all: [String] = []
    for key in schema["required"] as? [String] ?? [] where members[key] == nil {
      all.append("\(place).\(key) is missing")
    }
    for (key, member) in members {
      guard let property = properties[key] as? [String: Any] else {
        all.append("\(place).\(key) is not in the schema")
        continue
      }
      all += errors(member, property, at: "\(place).\(key)")
    }
    return all
  }

  private func string(_ value: Any, _ schema: [String: Any], _ place: String) -> [String] {
    guard let text = value as? String else { return ["\(place): no string"] }
    if let values = schema["enum"] as? [String], !values.contains(text) {
      return ["\(place): \(text) is none of \(values)"]
    }
    if let pattern = schema["pattern"] as? String,
      text.range(of: pattern, options: .regularExpression) == nil
    {
      return ["\(place): \(text) does not match \(pattern)"]
    }
    if schema["contentEncoding"] as? String == "base64", Data(base64Encoded: text) == nil {
      return ["\(place): \(text) is not base64"]
    }
    return []
  }

  private func number(_ value: Any, _ schema: [String: Any], _ place: String) -> [String] {
    guard let number = value as? NSNumber, !isBoolean(value) else { return ["\(place): no number"] }
    let real = number.doubleValue
    if schema["type"] as? String == "integer", real != real.rounded() {
      return ["\(place): \(real) is not whole"]
    }
    if let least = schema["minimum"] as? Double, real < least {
      return ["\(place): \(real) < \(least)"]
    }
    if let most = schema["maximum"] as? Double, real > most {
      return ["\(place): \(real) > \(most)"]
    }
    return []
  }

  private func isBoolean(_ value: Any) -> Bool {
    guard let number = value as? NSNumber else { return false }
    return String(cString: number.objCType) == "c"
  }
}
