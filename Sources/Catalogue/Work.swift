import Core
import GRDB
import SystemPackage

extension Catalogue {
  /// Files that wait for an analysis now: those that somebody just changed first, then in the order
  /// in which they were found.
  ///
  /// - Parameters:
  ///   - excluded: files that are being analysed already.
  ///   - now: seconds since 1970; failures whose pause has passed wait again. One that would last
  ///     longer than any pause does was begun by a clock that has been put back since, and has passed.
  public func nextWork(
    limit: Int, excluding excluded: Set<FileKey>, now: Double
  ) async throws(HarkError) -> [WorkItem] {
    try await read { db in
      var items: [WorkItem] = []
      // Two queries, because one with OR would sort every waiting file at every call.
      for condition in [
        """
        state = 'pending' AND (retryAt IS NULL OR retryAt <= ? OR retryAt > ?)
        ORDER BY priority DESC, key
        """,
        "state = 'failed' AND (retryAt <= ? OR retryAt > ?) ORDER BY retryAt",
      ] {
        let rows = try Row.fetchCursor(
          db,
          sql: """
            SELECT key, path, size, modified, recording,
              recording IS NOT NULL OR EXISTS (
                SELECT 1 FROM file AS other
                WHERE other.size = file.size AND other.key != file.key
                  AND other.recording IS NOT NULL
              ) AS isPerhapsKnown
            FROM file WHERE isOffline = 0 AND \(condition)
            """, arguments: [now, now + Self.longestPause])
        while items.count < limit, let row = try rows.next() {
          let file = FileKey(row["key"])
          guard !excluded.contains(file) else { continue }
          items.append(
            WorkItem(
              file: file, path: row.path("path"), size: row["size"], modified: row["modified"],
              recording: (row["recording"] as Int64?).map(RecordingKey.init),
              isPerhapsKnown: row["isPerhapsKnown"]))
        }
      }
      return items
    }
  }

  /// Visible recordings that lack a product, oldest first, each with one of its files.
  ///
  /// - Parameter after: only recordings added after this one, so that a long run need not pass over
  ///   the finished ones again and again.
  public func missingProducts(
    of kind: ProductKind, limit: Int, after: RecordingKey? = nil,
    excluding excluded: Set<RecordingKey>
  ) async throws(HarkError) -> [MissingProduct] {
    let (product, argument): (String, any DatabaseValueConvertible & Sendable) =
      switch kind {
      case .embeddings(let model):
        (
          """
          SELECT 1 FROM product JOIN model ON model.key = product.model
          WHERE model.id = ? AND product.recording = recording.key
          """, model.blob
        )
      case .landmarks(let version):
        (
          "SELECT 1 FROM landmarks WHERE version = ? AND landmarks.recording = recording.key",
          version
        )
      }
    return try await read { db in
      let rows = try Row.fetchCursor(
        db,
        sql: """
          SELECT recording.key AS recording, min(file.key) AS file, path, size, modified
          FROM recording JOIN file ON file.recording = recording.key
          WHERE recording.key > ? AND state = 'analysed' AND isOffline = 0
            AND NOT EXISTS (\(product))
          GROUP BY recording.key ORDER BY recording.key
          """, arguments: [after?.rawValue ?? 0, argument])
      var items: [MissingProduct] = []
      while items.count < limit, let row = try rows.next() {
        let recording = RecordingKey(row["recording"])
        guard !excluded.contains(recording) else { continue }
        items.append(
          MissingProduct(
            recording: recording, file: FileKey(row["file"]), path: row.path("path"),
            size: row["size"], modified: row["modified"]))
      }
      return items
    }
  }

  /// Seconds until the next failed file is due for another try, at most an hour; `nil` if none is.
  public func nextRetry(now: Double) async throws(HarkError) -> Double? {
    try await read { db in
      let due = try Double.fetchOne(
        db,
        sql: """
          SELECT min(CASE WHEN retryAt > ? THEN 0 ELSE retryAt END) FROM file
          WHERE retryAt IS NOT NULL AND isOffline = 0 AND state IN ('pending', 'failed')
          """, arguments: [now + Self.longestPause])
      return due.map { max(0, $0 - now) }
    }
  }

  /// A newer, or other, decoder may read what an earlier one could not: every content failure that
  /// another decoder left waits again. Returns how many.
  public func retryFailures(ofOtherDecodersThan decoder: String) async throws(HarkError) -> Int {
    try await write { db in
      try db.execute(
        sql: """
          UPDATE file SET state = 'pending', retryAt = NULL
          WHERE state IN ('failed', 'skipped') AND decoder IS NOT NULL AND decoder != ?
          """, arguments: [decoder])
      return db.changesCount
    }
  }

  /// Failed files below `directory`, or everywhere, wait again. Returns how many.
  public func retryFailures(below directory: FilePath?) async throws(HarkError) -> Int {
    try await write { db in
      let range = (directory ?? "/").below
      try db.execute(
        sql: """
          UPDATE file SET state = 'pending', retryAt = NULL
          WHERE state = 'failed' AND path > ? AND path < ?
          """, arguments: [range.after, range.before])
      return db.changesCount
    }
  }

  /// Forgets a file. Its recording goes with it at once if no other file holds it. Throws `notFound`.
  public func forget(_ path: FilePath, now: Double) async throws(HarkError) -> Set<RecordingKey> {
    try await write { db in
      guard
        try Bool.fetchOne(
          db, sql: "SELECT 1 FROM file WHERE path = ?", arguments: [path.blob]) == true
      else {
        throw HarkError(
          .notFound, "the library holds no file \(path.escaped)",
          remedy: "see `hark list` for what it holds")
      }
      let touched = try Self.removeFiles(in: db, now: now, where: "path = ?", [path.blob])
      try Self.deleteOrphans(in: db, where: "orphaned = ?", [now])
      return touched
    }
  }

  @discardableResult
  static func deleteOrphans(
    in db: Database, where condition: String, _ arguments: StatementArguments
  ) throws -> Set<RecordingKey> {
    let keys = try Int64.fetchSet(
      db, sql: "SELECT key FROM recording WHERE orphaned IS NOT NULL AND \(condition)",
      arguments: arguments)
    // Their products go with them (ON DELETE CASCADE).
    try db.execute(
      sql: "DELETE FROM recording WHERE orphaned IS NOT NULL AND \(condition)",
      arguments: arguments)
    return Set(keys.map(RecordingKey.init))
  }
}
