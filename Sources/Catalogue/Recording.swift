import Core
import Foundation
import GRDB
import SystemPackage

/// What a batch of outcomes changed.
public struct RecordingChange: Sendable {
  /// One for each outcome, in the same order.
  public var outcomes: [RecordedOutcome] = []
  /// Recordings whose visibility or products may have changed.
  public var touched: Set<RecordingKey> = []
}

extension Catalogue {
  /// Seconds after which every failure that may pass is tried again.
  static let longestPause = 3600.0

  /// Seconds until a failure that may pass is tried again: 5, 10, 20, … up to an hour.
  static func pause(afterFailures count: Int) -> Double {
    min(longestPause, 5 * Double(1 << min(max(count, 1) - 1, 10)))
  }

  /// Records what became of a batch of analyses, in one transaction. The rows of every product must
  /// be on the disk already.
  ///
  /// An outcome counts only if the file still has the size and modification time that were analysed;
  /// otherwise it is `stale`. Where another file brought the same recording meanwhile, the product
  /// that came first stays, and the rows of the second are waste.
  public func record(
    _ outcomes: [AnalysisOutcome], now: Double
  ) async throws(HarkError) -> RecordingChange {
    try await write { db in
      var change = RecordingChange()
      for outcome in outcomes {
        let recorded =
          switch outcome {
          case .analysed(let item, let analysis, let products):
            try Self.record(item, analysis, products, now: now, in: db, change: &change)
          case .known(let item, let analysis):
            try Self.record(item, analysis, [], now: now, in: db, change: &change)
          case .failed(let item, let failure, let decoder):
            try Self.record(item, failure, decoder, now: now, in: db, change: &change)
          case .completed(let missing, _, let products):
            try Self.record(missing, products, in: db, change: &change)
          }
        change.outcomes.append(recorded)
      }
      try Self.markOrphans(change.touched, now: now, in: db)
      return change
    }
  }

  private static func record(
    _ item: WorkItem, _ analysis: Analysis, _ products: [NewProduct], now: Double,
    in db: Database, change: inout RecordingChange
  ) throws -> RecordedOutcome {
    guard let path = try currentPath(item.file, item.size, item.modified, in: db) else {
      return RecordedOutcome(path: item.path, kind: .stale)
    }
    let known = try Int64.fetchOne(
      db.cachedStatement(sql: "SELECT key FROM recording WHERE id = ?"),
      arguments: [analysis.recording.blob])
    if let before = item.recording { change.touched.insert(before) }
    let key: Int64
    if let known {
      key = known
    } else {
      try db.cachedStatement(
        sql: """
          INSERT INTO recording (id, duration, facts, decoder, added) VALUES (?, ?, ?, ?, ?)
          """
      ).execute(arguments: [
        analysis.recording.blob, analysis.facts.duration,
        try JSONColumn.encode(analysis.facts), analysis.decoder, now,
      ])
      key = db.lastInsertedRowID
    }
    let landmarksOf = try insert(products, of: key, in: db)
    let metadata = analysis.metadata
    try db.cachedStatement(
      sql: """
        UPDATE file SET state = 'analysed', priority = 0, recording = ?, decoder = ?, title = ?,
          artist = ?, album = ?, track = ?, date = ?, container = ?, codec = ?, failureCode = NULL,
          failureMessage = NULL, failureCount = 0, retryAt = NULL
        WHERE key = ?
        """
    ).execute(arguments: [
      key, analysis.decoder, metadata.title, metadata.artist, metadata.album, metadata.track,
      metadata.date, analysis.facts.container, analysis.facts.codec, item.file.rawValue,
    ])
    change.touched.insert(RecordingKey(key))
    return RecordedOutcome(
      path: path, kind: .analysed(analysis.recording, isNew: known == nil),
      landmarksOf: landmarksOf)
  }

  private static func record(
    _ item: WorkItem, _ failure: AnalysisFailure, _ decoder: String?, now: Double,
    in db: Database, change: inout RecordingChange
  ) throws -> RecordedOutcome {
    guard let path = try currentPath(item.file, item.size, item.modified, in: db) else {
      return RecordedOutcome(path: item.path, kind: .stale)
    }
    // It was looked for under a name that it no longer has, and waits under the new one.
    if failure.code == .vanished, path != item.path {
      return RecordedOutcome(path: path, kind: .stale)
    }
    let earlier =
      try Int.fetchOne(
        db, sql: "SELECT failureCount FROM file WHERE key = ?",
        arguments: [item.file.rawValue]) ?? 0
    let retryAt: Double? =
      failure.retry == .afterPause ? now + pause(afterFailures: earlier + 1) : nil
    try db.cachedStatement(
      sql: """
        UPDATE file SET state = ?, priority = 0, decoder = ?, failureCode = ?,
          failureMessage = ?, failureCount = ?, retryAt = ?
        WHERE key = ?
        """
    ).execute(arguments: [
      failure.isSkipped(fileAt: path) ? "skipped" : "failed", decoder, failure.code.rawValue,
      failure.message,
      earlier + 1, retryAt, item.file.rawValue,
    ])
    if failure.retry == .afterChange, let before = item.recording {
      // The content that the recording came from is gone.
      try db.execute(
        sql: "UPDATE file SET recording = NULL WHERE key = ?", arguments: [item.file.rawValue])
      change.touched.insert(before)
    }
    return RecordedOutcome(path: path, kind: .failed(failure))
  }

  private static func record(
    _ missing: MissingProduct, _ products: [NewProduct], in db: Database,
    change: inout RecordingChange
  ) throws -> RecordedOutcome {
    let recording = try Int64.fetchOne(
      db,
      sql: "SELECT recording FROM file WHERE key = ? AND size = ? AND modified = ?",
      arguments: [missing.file.rawValue, missing.size, missing.modified])
    guard recording == missing.recording.rawValue else {
      return RecordedOutcome(path: missing.path, kind: .stale)
    }
    let landmarksOf = try insert(products, of: missing.recording.rawValue, in: db)
    change.touched.insert(missing.recording)
    return RecordedOutcome(path: missing.path, kind: .completed, landmarksOf: landmarksOf)
  }

  /// The recording if it now has the landmarks among `products`.
  private static func insert(
    _ products: [NewProduct], of recording: Int64, in db: Database
  ) throws -> RecordingKey? {
    var landmarksOf: RecordingKey?
    let embeddings = try db.cachedStatement(
      sql: """
        INSERT OR IGNORE INTO product (model, recording, precision, isShort, generation,
          pooledFirst, pooledChecksum, segmentsFirst, segmentsCount, segmentsChecksum)
        SELECT key, ?, ?, ?, ?, ?, ?, ?, ?, ? FROM model WHERE id = ?
        """)
    let landmarks = try db.cachedStatement(
      sql: """
        INSERT OR IGNORE INTO landmarks (version, recording, generation, offset, length, checksum)
        VALUES (?, ?, ?, ?, ?, ?)
        """)
    for product in products {
      switch product {
      case .embeddings(let new):
        try embeddings.execute(arguments: [
          recording, new.precision.rawValue, new.isShort,
          new.rows.pooled.generation, new.rows.pooled.first, Int64(new.rows.pooled.checksum),
          new.rows.segments.first, new.rows.segments.count, Int64(new.rows.segments.checksum),
          new.model.blob,
        ])
      case .landmarks(let version, let range):
        try landmarks.execute(arguments: [
          version, recording, range.generation, range.offset, range.length, Int64(range.checksum),
        ])
        if db.changesCount > 0 { landmarksOf = RecordingKey(recording) }
      }
    }
    return landmarksOf
  }

  /// The path under which a file is known now, if it is still what was analysed.
  private static func currentPath(
    _ file: FileKey, _ size: Int64, _ modified: Int64, in db: Database
  ) throws -> FilePath? {
    try Data.fetchOne(
      db.cachedStatement(
        sql: "SELECT path FROM file WHERE key = ? AND size = ? AND modified = ?"),
      arguments: [file.rawValue, size, modified])?.filePath
  }
}

extension RecordingID {
  var blob: Data { Data(hash.bytes) }
}

extension ModelID {
  var blob: Data { Data(hash.bytes) }
}
