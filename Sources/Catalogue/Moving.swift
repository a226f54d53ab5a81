import Core
import Foundation
import GRDB
import SystemPackage

extension Catalogue {
  /// Moves a file's row to its new path. What lay there is replaced, as the file system did. A row
  /// that is not known, or whose file changed on the way, is observed as new.
  public func moveFile(
    from old: FilePath, to file: ObservedFile, now: Double
  ) async throws(HarkError) -> ObservationChange {
    try await write { db in
      var change = ObservationChange()
      let key = try Int64.fetchOne(
        db, sql: "SELECT key FROM file WHERE path = ?", arguments: [old.blob])
      if let key, old != file.path {
        change.touched = try Self.removeFiles(
          in: db, now: now, where: "path = ?", [file.path.blob])
        try db.execute(
          sql: "UPDATE file SET path = ? WHERE key = ?", arguments: [file.path.blob, key])
      }
      try Self.observe(file, isLive: true, now: now, in: db, change: &change)
      return change
    }
  }

  /// Moves every row below a directory. Complexity: O(files below it).
  public func moveDirectory(
    from old: FilePath, to new: FilePath, now: Double
  ) async throws(HarkError) -> Set<RecordingKey> {
    try await write { db in
      let range = old.below
      let moved = try Row.fetchAll(
        db, sql: "SELECT key, path FROM file WHERE path > ? AND path < ?",
        arguments: [range.after, range.before])
      guard !moved.isEmpty else { return [] }
      let replaced = new.below
      let touched = try Self.removeFiles(
        in: db, now: now, where: "path > ? AND path < ?", [replaced.after, replaced.before])
      let update = try db.makeStatement(sql: "UPDATE file SET path = ? WHERE key = ?")
      for row in moved {
        let suffix = (row["path"] as Data).dropFirst(range.after.count)
        try update.execute(arguments: [replaced.after + suffix, row["key"] as Int64])
      }
      return touched
    }
  }

  /// Forgets files that are gone. Their recordings stay for a while, in case they come back.
  public func removeFiles(
    _ paths: [FilePath], now: Double
  ) async throws(HarkError) -> Set<RecordingKey> {
    try await write { db in
      var touched: Set<RecordingKey> = []
      for path in paths {
        touched.formUnion(
          try Self.removeFiles(in: db, now: now, where: "path = ?", [path.blob]))
      }
      return touched
    }
  }

  /// Forgets every file below a directory that is gone; says which they were.
  public func removeDirectory(
    _ directory: FilePath, now: Double
  ) async throws(HarkError) -> (removed: [FilePath], touched: Set<RecordingKey>) {
    try await write { db in
      let range = directory.below
      let arguments: StatementArguments = [range.after, range.before]
      let condition = "path > ? AND path < ?"
      let paths = try Data.fetchAll(
        db, sql: "SELECT path FROM file WHERE \(condition)", arguments: arguments)
      let touched = try Self.removeFiles(in: db, now: now, where: condition, arguments)
      return (paths.map(\.filePath), touched)
    }
  }

  /// Forgets the files below `root` that a complete scan did not see; says which they were. That
  /// includes files that were offline: the root is back, and they are not.
  ///
  /// - Parameter kept: directories below which nothing is forgotten, because nobody could look: mounts
  ///   that are away, directories that may not be read.
  public func removeUnseen(
    below root: FilePath, seen: Set<FilePath>, kept: [FilePath], now: Double
  ) async throws(HarkError) -> (removed: [FilePath], touched: Set<RecordingKey>) {
    try await write { db in
      let range = root.below
      var removed: [FilePath] = []
      let rows = try Row.fetchCursor(
        db, sql: "SELECT path FROM file WHERE path > ? AND path < ?",
        arguments: [range.after, range.before])
      while let row = try rows.next() {
        let path = row.path("path")
        guard !seen.contains(path), !kept.contains(where: { path.isAtOrBelow($0) }) else {
          continue
        }
        removed.append(path)
      }
      var touched: Set<RecordingKey> = []
      for path in removed {
        touched.formUnion(
          try Self.removeFiles(in: db, now: now, where: "path = ?", [path.blob]))
      }
      return (removed, touched)
    }
  }

  /// Marks everything below a directory as away, or as back.
  public func setOffline(
    _ isOffline: Bool, below directory: FilePath, now: Double
  ) async throws(HarkError) -> Set<RecordingKey> {
    try await write { db in
      let range = directory.below
      let touched = try Int64.fetchSet(
        db,
        sql: """
          SELECT DISTINCT recording FROM file
          WHERE path > ? AND path < ? AND isOffline != ? AND recording IS NOT NULL
          """, arguments: [range.after, range.before, isOffline])
      try db.execute(
        sql: "UPDATE file SET isOffline = ? WHERE path > ? AND path < ? AND isOffline != ?",
        arguments: [isOffline, range.after, range.before, isOffline])
      return Set(touched.map(RecordingKey.init))
    }
  }

  /// Marks every file that lies in none of `directories` as away: their folders are watched no more.
  /// Complexity: O(files outside them).
  public func setOffline(
    outside directories: [FilePath], now: Double
  ) async throws(HarkError) -> Set<RecordingKey> {
    try await write { db in
      var touched: Set<RecordingKey> = []
      for (condition, bounds) in Self.gaps(between: directories) {
        let condition = (condition + ["isOffline = 0"]).joined(separator: " AND ")
        let arguments = StatementArguments(bounds)
        touched.formUnion(
          try Int64.fetchSet(
            db,
            sql: "SELECT recording FROM file WHERE recording IS NOT NULL AND \(condition)",
            arguments: arguments
          ).map(RecordingKey.init))
        try db.execute(
          sql: "UPDATE file SET isOffline = 1 WHERE \(condition)", arguments: arguments)
      }
      return touched
    }
  }

  /// The paths below none of `directories`, as ranges that an index finds: none of the files in them is
  /// read where there are none, however many are known.
  private static func gaps(
    between directories: [FilePath]
  ) -> [(condition: [String], bounds: [Data])] {
    let ranges = directories.map(\.below).sorted { $0.after.lexicographicallyPrecedes($1.after) }
    var gaps: [(condition: [String], bounds: [Data])] = []
    var end: Data?
    for range in ranges {
      // One that lies below the one before ends before that does.
      if let end, range.after.lexicographicallyPrecedes(end) { continue }
      let condition = (end == nil ? [] : ["path >= ?"]) + ["path <= ?"]
      gaps.append((condition, [end, range.after].compactMap { $0 }))
      end = range.before
    }
    gaps.append((end == nil ? [] : ["path >= ?"], [end].compactMap { $0 }))
    return gaps
  }

  /// Deletes the files that fit `condition` and marks recordings that lost their last file.
  static func removeFiles(
    in db: Database, now: Double, where condition: String, _ arguments: StatementArguments
  ) throws -> Set<RecordingKey> {
    let recordings = try Int64.fetchSet(
      db, sql: "SELECT recording FROM file WHERE recording IS NOT NULL AND \(condition)",
      arguments: arguments)
    try db.execute(sql: "DELETE FROM file WHERE \(condition)", arguments: arguments)
    let touched = Set(recordings.map(RecordingKey.init))
    try markOrphans(touched, now: now, in: db)
    return touched
  }

  /// Starts, or ends, the time for which a recording outlives its last file.
  static func markOrphans(_ recordings: Set<RecordingKey>, now: Double, in db: Database) throws {
    let statement = try db.cachedStatement(
      sql: """
        UPDATE recording SET orphaned =
          CASE WHEN EXISTS (SELECT 1 FROM file WHERE file.recording = recording.key) THEN NULL
          ELSE coalesce(orphaned, ?) END
        WHERE key = ?
        """)
    for recording in recordings {
      try statement.execute(arguments: [now, recording.rawValue])
    }
  }
}
