import Core
import FoundationEssentials
import SystemPackage

/// The place where a list goes on, as an opaque text: base64url of what the place is.
enum Cursor {
  static func encode(_ path: FilePath) -> String { encode(path.bytes) }

  static func encode(_ key: RecordingKey) -> String { encode(Array("\(key.rawValue)".utf8)) }

  /// The number of elements before the place.
  static func encode(place: Int) -> String { encode(Array("\(place)".utf8)) }

  static func place(_ text: String) throws(HarkError) -> Int {
    guard let bytes = decode(text), let place = Int(String(decoding: bytes, as: UTF8.self)),
      place >= 0
    else { throw unknown }
    return place
  }

  static func path(_ text: String) throws(HarkError) -> FilePath {
    guard let bytes = decode(text), bytes.first == UInt8(ascii: "/"), !bytes.contains(0) else {
      throw unknown
    }
    return FilePath(bytes: bytes)
  }

  static func recording(_ text: String) throws(HarkError) -> RecordingKey {
    guard let bytes = decode(text), let key = Int64(String(decoding: bytes, as: UTF8.self)),
      key > 0
    else { throw unknown }
    return RecordingKey(key)
  }

  private static var unknown: HarkError {
    HarkError(
      .invalidArgument, "“cursor” is not one that this list gave",
      remedy: "use the last answer's cursor as it is, or none to begin anew")
  }

  private static func encode(_ bytes: [UInt8]) -> String {
    Data(bytes).base64EncodedString()
      .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
  }

  private static func decode(_ text: String) -> [UInt8]? {
    let plain = text.replacing("-", with: "+").replacing("_", with: "/")
    let padding = String(repeating: "=", count: (4 - plain.utf8.count % 4) % 4)
    return Data(base64Encoded: plain + padding).map(Array.init)
  }
}
