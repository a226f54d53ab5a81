import Core
import GRDB

/// What the catalogue knows of one store of landmarks.
public struct StoredLandmarks: Sendable {
  /// The generation of the store's files.
  public var generation: Int
  /// Where each recording's record lies.
  public var ranges: [RecordingKey: LandmarkRange]
  /// Recordings that queries may see.
  public var visible: Set<RecordingKey>
}

extension Catalogue {
  /// What is stored of one version of the fingerprint's parameters; nothing, in generation 1, of a
  /// version that is new. Complexity: O(recordings).
  public func storedLandmarks(version: Int) async throws(HarkError) -> StoredLandmarks {
    try await read { db in
      var stored = StoredLandmarks(
        generation: try Int.fetchOne(
          db, sql: "SELECT generation FROM landmarkStore WHERE version = ?", arguments: [version])
          ?? 1, ranges: [:], visible: [])
      let rows = try Row.fetchCursor(
        db, sql: "SELECT * FROM landmarks WHERE version = ?", arguments: [version])
      while let row = try rows.next() {
        stored.ranges[RecordingKey(row["recording"])] = Self.landmarkRange(row)
      }
      let visible = try Int64.fetchSet(
        db,
        sql: "SELECT DISTINCT recording FROM file WHERE recording IS NOT NULL AND isOffline = 0")
      stored.visible = Set(visible.map(RecordingKey.init))
      return stored
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
    _ generation: Int, version: Int, ranges: [RecordingKey: LandmarkRange]
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

  static func landmarkRange(_ row: Row) -> LandmarkRange {
    LandmarkRange(
      generation: row["generation"], offset: row["offset"], length: row["length"],
      checksum: UInt32(truncatingIfNeeded: row["checksum"] as Int64))
  }
}
