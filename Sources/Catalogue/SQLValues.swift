import Core
import Foundation
import GRDB
import SystemPackage

extension FilePath {
  /// The path as SQLite holds it.
  var blob: Data { Data(bytes) }

  /// The range of BLOBs that holds everything below this directory, and not the directory itself.
  var below: (after: Data, before: Data) {
    var prefix = bytes
    if prefix.last == UInt8(ascii: "/") { prefix.removeLast() }
    return (Data(prefix + [UInt8(ascii: "/")]), Data(prefix + [UInt8(ascii: "/") + 1]))
  }
}

extension Data {
  /// The path that a BLOB holds.
  var filePath: FilePath { FilePath(bytes: self) }
}

extension Row {
  func path(_ column: String) -> FilePath { (self[column] as Data).filePath }

  func contentHash(_ column: String) throws -> ContentHash {
    guard let hash = ContentHash(bytes: self[column] as Data) else {
      throw HarkError(.corrupt, "the catalogue holds an identifier that is not 32 bytes long")
    }
    return hash
  }
}

/// JSON text in a column.
enum JSONColumn {
  static func encode(_ value: some Encodable) throws -> String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = .sortedKeys
    // A peak read from a damaged floating-point file may be infinite.
    encoder.nonConformingFloatEncodingStrategy = .convertToString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return String(decoding: try encoder.encode(value), as: UTF8.self)
  }

  static func decode<Value: Decodable>(_: Value.Type, _ text: String) throws -> Value {
    let decoder = JSONDecoder()
    decoder.nonConformingFloatDecodingStrategy = .convertFromString(
      positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
    return try decoder.decode(Value.self, from: Data(text.utf8))
  }
}

extension Catalogue {
  /// The recordings whose keys a query gives, some perhaps more than once. Complexity: O(rows).
  static func keys(
    in db: Database, sql: String, arguments: StatementArguments = StatementArguments()
  ) throws -> RecordingKeys {
    var keys = RecordingKeys()
    let cursor = try Int64.fetchCursor(db, sql: sql, arguments: arguments)
    while let key = try cursor.next() { keys.insert(RecordingKey(key)) }
    return keys
  }
}
