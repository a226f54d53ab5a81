import Core
import GRDB

/// What the catalogue knows of one store of landmarks.
public struct StoredLandmarks: Sendable {
  /// The generation of the store's files.
  public var generation: Int
  /// Where each recording's record lies.
  public var ranges: RecordingTable<LandmarkRange>
}

extension Catalogue {
  /// What is stored of one version of the fingerprint's parameters; nothing, in generation 1, of a
  /// version that is new. Complexity: O(recordings).
  public func storedLandmarks(version: Int) async throws(HarkError) -> StoredLandmarks {
    try await read { db in
      let generation =
        try Int.fetchOne(
          db, sql: "SELECT generation FROM landmarkStore WHERE version = ?", arguments: [version])
        ?? 1
      var ranges = RecordingTable<LandmarkRange>()
      let rows = try Row.fetchCursor(
        db,
        sql: """
          SELECT \(Self.landmarkColumns) FROM landmarks WHERE version = ? ORDER BY recording
          """, arguments: [version])
      while let row = try rows.next() {
        ranges[RecordingKey(row[0])] = Self.landmarkRange(row)
      }
      return StoredLandmarks(generation: generation, ranges: ranges)
    }
  }

  /// Refers to nothing of a store any more, so that all of it waits to be made anew.
  public func forgetLandmarks(version: Int) async throws(HarkError) {
    try await write { db in
      try db.execute(sql: "DELETE FROM landmarks WHERE version = ?", arguments: [version])
      try db.execute(sql: "DELETE FROM landmarkStore WHERE version = ?", arguments: [version])
    }
  }

  /// Refers to a compacted generation of a store of landmarks, in one transaction.
  public func adoptLandmarkGeneration(
    _ generation: Int, version: Int, ranges: RecordingTable<LandmarkRange>
  ) async throws(HarkError) {
    try await write { db in
      let update = try db.makeStatement(
        sql: """
          UPDATE landmarks SET generation = ?, offset = ?, length = ?, checksum = ?
          WHERE version = ? AND recording = ?
          """)
      for (key, range) in ranges {
        try update.execute(arguments: [
          range.generation, range.offset, range.length, Int64(range.checksum), version,
          key.rawValue,
        ])
      }
      try db.execute(
        sql: """
          INSERT INTO landmarkStore (version, generation) VALUES (?, ?)
          ON CONFLICT (version) DO UPDATE SET generation = excluded.generation
          """, arguments: [version, generation])
    }
  }

  /// What ``landmarkRange(_:)`` reads, by number, before other columns.
  static let landmarkColumns = "recording, generation, offset, length, checksum, version"

  static func landmarkRange(_ row: Row) -> LandmarkRange {
    LandmarkRange(
      generation: row[1], offset: row[2], length: row[3],
      checksum: UInt32(truncatingIfNeeded: row[4] as Int64))
  }
}
