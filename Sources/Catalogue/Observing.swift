import Core
import Foundation
import GRDB
import SystemPackage

/// What a batch of observations changed.
public struct ObservationChange: Sendable {
  /// Files that now wait for an analysis.
  public var pending = 0
  /// Files whose recording was known from another name of the same inode.
  public var linked: [(path: FilePath, recording: RecordingID)] = []
  /// Recordings whose visibility may have changed.
  public var touched: Set<RecordingKey> = []
}

extension Catalogue {
  /// Compares files as they are now with what is known of them.
  ///
  /// Same path, size and modification time is the same file. A new path whose device, inode, size
  /// and modification time are those of an analysed file holds the same recording: it was renamed
  /// while nobody watched, or is a hard link; either way nothing is decoded.
  ///
  /// - Parameter isLive: whether somebody just changed these files; they go before a backlog.
  public func observe(
    _ files: [ObservedFile], isLive: Bool, now: Double
  ) async throws(HarkError) -> ObservationChange {
    try await write { db in
      var change = ObservationChange()
      for file in files {
        try Self.observe(file, isLive: isLive, now: now, in: db, change: &change)
      }
      return change
    }
  }

  static func observe(
    _ file: ObservedFile, isLive: Bool, now: Double, in db: Database,
    change: inout ObservationChange
  ) throws {
    let known = try Row.fetchOne(
      db.cachedStatement(
        sql: """
          SELECT key, size, modified, device, inode, isOffline, recording FROM file WHERE path = ?
          """), arguments: [file.path.blob])
    guard let known else {
      return try insert(file, isLive: isLive, now: now, in: db, change: &change)
    }
    let key: Int64 = known["key"]
    let wasOffline: Bool = known["isOffline"]
    let isSame = known["size"] == file.size && known["modified"] == file.modified
    if wasOffline || !isSame, let recording: Int64 = known["recording"] {
      change.touched.insert(RecordingKey(recording))
    }
    guard !isSame else {
      let isPlaced =
        known["device"] == Int64(bitPattern: file.device)
        && known["inode"] == Int64(bitPattern: file.inode)
      guard wasOffline || !isPlaced else { return }
      try db.cachedStatement(
        sql: "UPDATE file SET device = ?, inode = ?, isOffline = 0 WHERE key = ?"
      ).execute(arguments: [
        Int64(bitPattern: file.device), Int64(bitPattern: file.inode), key,
      ])
      return
    }
    change.pending += 1
    try db.cachedStatement(
      sql: """
        UPDATE file SET size = ?, modified = ?, device = ?, inode = ?, isOffline = 0,
          state = 'pending', priority = ?, failureCode = NULL, failureMessage = NULL,
          failureCount = 0, retryAt = NULL
        WHERE key = ?
        """
    ).execute(arguments: [
      file.size, file.modified, Int64(bitPattern: file.device), Int64(bitPattern: file.inode),
      isLive ? 1 : 0, key,
    ])
  }

  private static func insert(
    _ file: ObservedFile, isLive: Bool, now: Double, in db: Database,
    change: inout ObservationChange
  ) throws {
    let device = Int64(bitPattern: file.device)
    let inode = Int64(bitPattern: file.inode)
    // An inode is given to the next file as soon as its file is removed, and loops out of one archive
    // agree in size and in whole seconds: only a finer time tells that it is the same file.
    let isTelling = file.modified % 1_000_000_000 != 0
    let twin =
      isTelling
      ? try Row.fetchOne(
        db.cachedStatement(
          sql: """
            SELECT file.key, recording.id, recording.key AS recording
            FROM file JOIN recording ON recording.key = file.recording
            WHERE inode = ? AND device = ? AND size = ? AND modified = ? AND state = 'analysed'
            LIMIT 1
            """), arguments: [inode, device, file.size, file.modified]) : nil
    if let twin, let id = ContentHash(bytes: twin["id"] as Data) {
      try db.cachedStatement(
        sql: """
          INSERT INTO file (path, size, modified, device, inode, state, recording, decoder,
            title, artist, album, track, date, container, codec, added)
          SELECT ?, size, modified, device, inode, state, recording, decoder,
            title, artist, album, track, date, container, codec, ? FROM file WHERE key = ?
          """
      ).execute(arguments: [file.path.blob, now, twin["key"] as Int64])
      change.linked.append((file.path, RecordingID(id)))
      change.touched.insert(RecordingKey(twin["recording"]))
      return
    }
    change.pending += 1
    try db.cachedStatement(
      sql: """
        INSERT INTO file (path, size, modified, device, inode, state, priority, added)
        VALUES (?, ?, ?, ?, ?, 'pending', ?, ?)
        """
    ).execute(arguments: [
      file.path.blob, file.size, file.modified, device, inode, isLive ? 1 : 0, now,
    ])
  }

  /// A file whose permissions changed is tried again at once if it waits for a better moment.
  public func permissionsChanged(_ file: ObservedFile, now: Double) async throws(HarkError) {
    try await write { db in
      try db.execute(
        sql: """
          UPDATE file SET state = 'pending', retryAt = NULL, priority = 1
          WHERE path = ? AND state = 'failed' AND retryAt IS NOT NULL
          """, arguments: [file.path.blob])
    }
  }
}
