import Core
import Foundation
import GRDB
import SystemPackage

extension Catalogue {
  /// A recording's key; `nil` if it is not known.
  public func key(of id: RecordingID) async throws(HarkError) -> RecordingKey? {
    try await read { db in
      try Int64.fetchOne(db, sql: "SELECT key FROM recording WHERE id = ?", arguments: [id.blob])
        .map(RecordingKey.init)
    }
  }

  /// A recording's length in seconds; `nil` if it is not known.
  public func duration(of recording: RecordingKey) async throws(HarkError) -> Double? {
    try await read { db in
      try Double.fetchOne(
        db, sql: "SELECT duration FROM recording WHERE key = ?", arguments: [recording.rawValue])
    }
  }

  /// The recording that a file holds; `nil` if the file is not known or not analysed.
  public func key(ofFileAt path: FilePath) async throws(HarkError) -> RecordingKey? {
    try await read { db in
      try Int64.fetchOne(
        db, sql: "SELECT recording FROM file WHERE path = ? AND recording IS NOT NULL",
        arguments: [path.blob]
      ).map(RecordingKey.init)
    }
  }

  /// The ids of recordings, and the online files that hold them in the order of their paths' bytes.
  /// A recording without an online file is missing from the answer.
  public func onlineFiles(
    of recordings: [RecordingKey]
  ) async throws(HarkError) -> [RecordingKey: [FileEntry]] {
    try await read { db in
      let statement = try db.cachedStatement(
        sql: "\(Self.fileColumns) WHERE recording = ? AND isOffline = 0 ORDER BY path")
      var files: [RecordingKey: [FileEntry]] = [:]
      for key in recordings {
        let rows = try Row.fetchAll(statement, arguments: [key.rawValue])
        if !rows.isEmpty { files[key] = try rows.map(Self.fileEntry) }
      }
      return files
    }
  }

  /// The recordings that have an online file at or below one of `directories` (empty: that are known at
  /// all) and whose length in seconds lies within the bounds.
  ///
  /// Asked again before the catalogue has changed, it answers from memory. Complexity: O(files below the
  /// directories + recordings within the bounds).
  public func recordings(
    under directories: [FilePath], minimumDuration: Double?, maximumDuration: Double?
  ) async throws(HarkError) -> RecordingKeys {
    let question = FilterMemory.Question(
      directories: directories, minimumDuration: minimumDuration, maximumDuration: maximumDuration)
    let revision = filters.revision
    if let known = filters.answer(to: question) { return known }
    let found = try await read { db in
      var found: RecordingKeys?
      if minimumDuration != nil || maximumDuration != nil || directories.isEmpty {
        found = try Self.keys(
          in: db, sql: "SELECT key FROM recording WHERE duration >= ? AND duration <= ?",
          arguments: [minimumDuration ?? -.infinity, maximumDuration ?? .infinity])
      }
      guard !directories.isEmpty else { return found ?? RecordingKeys() }
      var below = RecordingKeys()
      for directory in directories {
        let range = directory.below
        for (condition, arguments) in [
          ("path > ? AND path < ?", [range.after, range.before]), ("path = ?", [directory.blob]),
        ] {
          below.formUnion(
            try Self.keys(
              in: db,
              sql: """
                SELECT recording FROM file
                WHERE \(condition) AND isOffline = 0 AND recording IS NOT NULL
                """, arguments: StatementArguments(arguments)))
        }
      }
      if let found { below.formIntersection(found) }
      return below
    }
    filters.remember(found, for: question, at: revision)
    return found
  }

  /// File systems as they were last seen online, at roots and at mounts below them.
  public func fileSystems() async throws(HarkError) -> [SeenFileSystem] {
    try await read { db in
      try Row.fetchAll(db, sql: "SELECT path, root, real, identity FROM fileSystem").map { row in
        SeenFileSystem(
          path: row.path("path"), root: row.path("root"), real: row.path("real"),
          identity: row["identity"])
      }
    }
  }

  /// Records a file system that is online.
  public func record(_ seen: SeenFileSystem) async throws(HarkError) {
    try await write { db in
      try db.execute(
        sql: "INSERT OR REPLACE INTO fileSystem (path, root, real, identity) VALUES (?, ?, ?, ?)",
        arguments: [seen.path.blob, seen.root.blob, seen.real.blob, seen.identity])
    }
  }

  /// Whether any file below `directory` is known.
  public func hasFiles(below directory: FilePath) async throws(HarkError) -> Bool {
    try await read { db in
      let range = directory.below
      return try Bool.fetchOne(
        db, sql: "SELECT EXISTS (SELECT 1 FROM file WHERE path > ? AND path < ?)",
        arguments: [range.after, range.before]) ?? false
    }
  }
}

/// A file system that was seen at a root, or at a mount below one.
public struct SeenFileSystem: Hashable, Sendable {
  /// The root as the settings name it, or the mount.
  public var path: FilePath
  /// The root that it belongs to.
  public var root: FilePath
  /// ``path`` with symbolic links resolved.
  public var real: FilePath
  /// What recognises the file system, in the watcher's own words.
  public var identity: String

  public init(path: FilePath, root: FilePath, real: FilePath, identity: String) {
    self.path = path
    self.root = root
    self.real = real
    self.identity = identity
  }
}
