import Core
import Foundation
import GRDB
import SystemPackage
import VectorIndex

extension Catalogue {
  static func models(in db: Database) throws -> [StoredModel] {
    try Row.fetchAll(db, sql: "SELECT id, info, role, generation FROM model ORDER BY key").map {
      row in
      StoredModel(
        id: ModelID(try row.contentHash("id")),
        info: try JSONColumn.decode(ModelInfo.self, row["info"]),
        role: StoredModel.Role(rawValue: row["role"]) ?? .kept, generation: row["generation"])
    }
  }

  /// Makes `model` the one that new analyses are made for, and says in which role it is now.
  ///
  /// The first model ever, or one that no visible recording misses, is active at once; so going back
  /// to a model whose rows still exist takes no work. Otherwise it is incoming, and becomes active
  /// through ``activateIncoming()``.
  public func adopt(
    _ id: ModelID, info: ModelInfo
  ) async throws(HarkError) -> StoredModel.Role {
    try await write { db in
      try db.execute(
        sql: """
          INSERT INTO model (id, info, role) VALUES (?, ?, 'kept')
          ON CONFLICT (id) DO UPDATE SET info = excluded.info
          """, arguments: [id.blob, try JSONColumn.encode(info)])
      let role = try String.fetchOne(
        db, sql: "SELECT role FROM model WHERE id = ?", arguments: [id.blob])
      if role == "active" {
        try db.execute(sql: "UPDATE model SET role = 'kept' WHERE role = 'incoming'")
        return .active
      }
      let hasActive = try Self.models(in: db).contains { $0.role == .active }
      if try !hasActive || Self.missing(id, limit: 1, in: db).isEmpty {
        try Self.activate(id, in: db)
        return .active
      }
      try db.execute(sql: "UPDATE model SET role = 'kept' WHERE role = 'incoming'")
      try db.execute(
        sql: "UPDATE model SET role = 'incoming' WHERE id = ?", arguments: [id.blob])
      return .incoming
    }
  }

  /// Makes the incoming model active if no visible recording misses its product but those that
  /// `failed` (their files cannot be analysed any more). Returns it if it did.
  public func activateIncoming(failed: Set<RecordingKey>) async throws(HarkError) -> ModelID? {
    try await write { db in
      guard let incoming = try Self.models(in: db).first(where: { $0.role == .incoming }),
        try Self.missing(incoming.id, limit: failed.count + 1, in: db).isSubset(of: failed)
      else { return nil }
      try Self.activate(incoming.id, in: db)
      return incoming.id
    }
  }

  private static func activate(_ id: ModelID, in db: Database) throws {
    try db.execute(sql: "UPDATE model SET role = 'kept' WHERE role != 'kept'")
    try db.execute(sql: "UPDATE model SET role = 'active' WHERE id = ?", arguments: [id.blob])
  }

  /// Visible recordings that miss a model's product, at most `limit` of them. A file whose last
  /// analysis failed holds nothing back: it has the product as soon as it is analysed again.
  private static func missing(
    _ id: ModelID, limit: Int, in db: Database
  ) throws -> Set<RecordingKey> {
    let keys = try Int64.fetchSet(
      db,
      sql: """
        SELECT DISTINCT recording FROM file
        WHERE recording IS NOT NULL AND isOffline = 0 AND state IN ('analysed', 'pending')
          AND NOT EXISTS (
            SELECT 1 FROM product JOIN model ON model.key = product.model
            WHERE model.id = ? AND product.recording = file.recording)
        LIMIT ?
        """, arguments: [id.blob, limit])
    return Set(keys.map(RecordingKey.init))
  }

  /// Where the rows of every product of `model` lie, and the recordings that queries may see.
  /// Complexity: O(products).
  public func storedRows(
    of model: ModelID
  ) async throws(HarkError) -> (rows: [StoredRows], visible: RecordingKeys) {
    try await read { db in
      let argument: StatementArguments = [
        try Int64.fetchOne(db, sql: "SELECT key FROM model WHERE id = ?", arguments: [model.blob])
      ]
      var rows: [StoredRows] = []
      rows.reserveCapacity(
        try Int.fetchOne(
          db, sql: "SELECT count(*) FROM product WHERE model = ?", arguments: argument) ?? 0)
      let cursor = try Row.fetchCursor(
        db,
        sql: "SELECT \(Self.rowColumns) FROM product WHERE model = ? ORDER BY recording",
        arguments: argument)
      while let row = try cursor.next() { rows.append(Self.storedRows(row)) }
      let visible = try Self.keys(
        in: db,
        sql: """
          SELECT recording FROM file INDEXED BY file_recording
          WHERE recording IS NOT NULL AND isOffline = 0
          """)
      return (rows, visible)
    }
  }

  /// Whether each of these recordings can be found now, and where its products lie.
  public func visibility(
    of recordings: Set<RecordingKey>
  ) async throws(HarkError) -> [RecordingVisibility] {
    guard !recordings.isEmpty else { return [] }
    return try await read { db in
      let seen = try db.makeStatement(
        sql: "SELECT EXISTS (SELECT 1 FROM file WHERE recording = ? AND isOffline = 0)")
      let products = try db.makeStatement(
        sql: """
          SELECT \(Self.rowColumns), model.id FROM product JOIN model ON model.key = product.model
          WHERE recording = ?
          """)
      let landmarks = try db.makeStatement(
        sql: "SELECT \(Self.landmarkColumns) FROM landmarks WHERE recording = ?")
      return try recordings.map { key in
        var visibility = RecordingVisibility(
          recording: key,
          isVisible: try Bool.fetchOne(seen, arguments: [key.rawValue]) ?? false, products: [:],
          landmarks: [:])
        for row in try Row.fetchAll(landmarks, arguments: [key.rawValue]) {
          visibility.landmarks[row["version"]] = Self.landmarkRange(row)
        }
        for row in try Row.fetchAll(products, arguments: [key.rawValue]) {
          visibility.products[ModelID(try row.contentHash("id"))] = Self.storedRows(row)
        }
        return visibility
      }
    }
  }

  /// Refers to a compacted generation of a model's index files, in one transaction.
  public func adoptGeneration(
    _ generation: Int, of model: ModelID, rows: [StoredRows]
  ) async throws(HarkError) {
    try await write { db in
      let update = try db.makeStatement(
        sql: """
          UPDATE product SET generation = ?, pooledFirst = ?, pooledChecksum = ?,
            segmentsFirst = ?, segmentsCount = ?, segmentsChecksum = ?
          WHERE recording = ? AND model = (SELECT key FROM model WHERE id = ?)
          """)
      for row in rows {
        try update.execute(arguments: [
          generation, row.pooled.first, Int64(row.pooled.checksum), row.segments.first,
          row.segments.count, Int64(row.segments.checksum), row.key.rawValue, model.blob,
        ])
      }
      try db.execute(
        sql: "UPDATE model SET generation = ? WHERE id = ?", arguments: [generation, model.blob])
    }
  }

  /// What ``storedRows(_:)`` reads, by number: a start reads millions of them.
  private static let rowColumns = """
    recording, product.generation, pooledFirst, pooledChecksum, segmentsFirst, segmentsCount,
    segmentsChecksum
    """

  private static func storedRows(_ row: Row) -> StoredRows {
    let generation: Int = row[1]
    return StoredRows(
      key: RecordingKey(row[0]),
      pooled: RowRange(
        generation: generation, first: row[2], count: 1,
        checksum: UInt32(truncatingIfNeeded: row[3] as Int64)),
      segments: RowRange(
        generation: generation, first: row[4], count: row[5],
        checksum: UInt32(truncatingIfNeeded: row[6] as Int64)))
  }
}
