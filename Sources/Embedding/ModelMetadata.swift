import Core
import SystemPackage

/// Reads a model file's metadata strictly: each key that is needed must be there and make sense.
struct ModelMetadata {
  private static let format = "hark-model-"
  private static let version = 1

  let file: Safetensors
  let path: FilePath

  /// Throws ``HarkError`` unless the file says that it is a model of this version.
  func checkFormat() throws(HarkError) {
    guard let text = file.metadata["format"], text.hasPrefix(Self.format),
      let version = Int(text.dropFirst(Self.format.count))
    else {
      throw HarkError(
        .unsupported, "\(path.escaped) is not a model of Hark's",
        remedy: "convert released VGGish weights with Models/convert-vggish",
        cause: "its metadata has no format \(Self.format)\(Self.version)")
    }
    guard version <= Self.version else {
      throw HarkError(
        .newerVersion, "the model \(path.escaped) has format \(version)",
        remedy: "use a newer Hark", cause: "this Hark reads format \(Self.version)")
    }
    guard version == Self.version else {
      throw file.corrupt("the metadata key format says \(text)")
    }
  }

  /// A value that must be there.
  func text(_ key: String) throws(HarkError) -> String {
    guard let text = file.metadata[key], !text.isEmpty else {
      throw file.corrupt("the metadata key \(key) is missing")
    }
    return text
  }

  /// `true` or `false`.
  func flag(_ key: String) throws(HarkError) -> Bool {
    let text = try text(key)
    guard let flag = Bool(text) else {
      throw file.corrupt("the metadata key \(key) says \(text), not true or false")
    }
    return flag
  }

  /// One of a few words; `otherwise` where the key is missing.
  func choice<Choice: RawRepresentable<String>>(
    _ key: String, _: Choice.Type, otherwise: Choice? = nil
  ) throws(HarkError) -> Choice {
    if let otherwise, file.metadata[key] == nil { return otherwise }
    let text = try text(key)
    guard let choice = Choice(rawValue: text) else {
      throw HarkError(
        .unsupported, "cannot use the model \(path.escaped)", remedy: "use a newer Hark",
        cause: "its \(key) is \(text), which this Hark does not know")
    }
    return choice
  }

  /// The front end, which must be the one that Hark computes.
  func frontEnd() throws(HarkError) -> FrontEnd {
    guard let json = JSON(parsing: try text("front_end").utf8), let frontEnd = FrontEnd(json)
    else { throw file.corrupt("the metadata key front_end is malformed") }
    guard frontEnd == .vggish else {
      throw HarkError(
        .unsupported, "cannot use the model \(path.escaped)",
        remedy: "train it on VGGish's log-mel patches",
        cause: "it expects another front end than Hark's")
    }
    return frontEnd
  }

  /// Names of the tag head's rows.
  func labels() throws(HarkError) -> [String] {
    guard let elements = JSON(parsing: try text("labels").utf8)?.array else {
      throw file.corrupt("the metadata key labels is no JSON array")
    }
    let labels = elements.compactMap(\.string)
    guard labels.count == elements.count, !labels.contains("") else {
      throw file.corrupt("the metadata key labels holds something that is no name")
    }
    guard Set(labels).count == labels.count else {
      throw file.corrupt("the metadata key labels names a label twice")
    }
    return labels
  }
}
