import Core
import FoundationEssentials

/// JSON as Hark writes and reads it: UTF-8, keys in a fixed order, slashes unescaped.
public enum WireJSON {
  /// One value as JSON on one line. Throws `defect` for numbers that JSON cannot hold.
  public static func encode(_ value: some Encodable) throws(HarkError) -> [UInt8] {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return Array(try encoder.encode(value))
    } catch {
      throw HarkError(.defect, "an answer cannot be written as JSON", cause: "\(error)")
    }
  }

  /// Reads an answer or an event: keys that are not known are left alone. Throws
  /// `invalidArgument` naming the key at fault.
  public static func decode<Value: Decodable>(
    _ type: Value.Type, from bytes: some Collection<UInt8>
  ) throws(HarkError) -> Value {
    try decode(type, from: bytes, isRequest: false)
  }

  /// Reads a request: a key that is not known is an error. Throws `invalidArgument` naming the key
  /// at fault, and `tooLarge` for text that is nested deeper than ``nestingLimit``.
  public static func decodeRequest<Value: Decodable>(
    _ type: Value.Type, from bytes: some Collection<UInt8>
  ) throws(HarkError) -> Value {
    try checkNesting(bytes)
    return try decode(type, from: bytes, isRequest: true)
  }

  /// Marks in a decoder's `userInfo` that unknown keys are errors.
  static let isRequest = CodingUserInfoKey(rawValue: "hark.isRequest")

  private static func decode<Value: Decodable>(
    _ type: Value.Type, from bytes: some Collection<UInt8>, isRequest: Bool
  ) throws(HarkError) -> Value {
    let decoder = JSONDecoder()
    if let key = Self.isRequest { decoder.userInfo[key] = isRequest }
    do {
      return try decoder.decode(type, from: Data(bytes))
    } catch let error as HarkError {
      throw error
    } catch let error as DecodingError {
      throw describe(error)
    } catch {
      throw HarkError(.invalidArgument, "the JSON cannot be read", cause: "\(error)")
    }
  }

  /// Objects and lists within each other that a request may hold.
  public static let nestingLimit = 16

  private static func checkNesting(_ bytes: some Collection<UInt8>) throws(HarkError) {
    var depth = 0
    var isText = false
    var isEscaped = false
    for byte in bytes {
      if isText {
        if isEscaped {
          isEscaped = false
        } else if byte == UInt8(ascii: "\\") {
          isEscaped = true
        } else if byte == UInt8(ascii: "\"") {
          isText = false
        }
        continue
      }
      switch byte {
      case UInt8(ascii: "\""): isText = true
      case UInt8(ascii: "{"), UInt8(ascii: "["): depth += 1
      case UInt8(ascii: "}"), UInt8(ascii: "]"): depth -= 1
      default: break
      }
      guard depth <= nestingLimit else {
        throw HarkError(
          .tooLarge, "the JSON is nested more than \(nestingLimit) levels deep",
          remedy: "/openapi.json describes what is accepted")
      }
    }
  }
}
