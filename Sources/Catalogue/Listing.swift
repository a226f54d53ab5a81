import Core
import Foundation
import GRDB
import SystemPackage

extension Catalogue {
  /// Complexity: O(files).
  static func counts(in db: Database) throws -> CatalogueCounts {
    var counts = CatalogueCounts()
    for row in try Row.fetchAll(
      db, sql: "SELECT isOffline, state, count(*) AS number FROM file GROUP BY isOffline, state")
    {
      guard let state = FileEntry.State(rawValue: row["state"]) else { continue }
      counts.files[row["isOffline"] ? .offline : state, default: 0] += row["number"]
    }
    if let row = try Row.fetchOne(
      db,
      sql: """
        SELECT count(*) AS number, coalesce(sum(duration), 0) AS duration FROM recording
        WHERE orphaned IS NULL
        """)
    {
      counts.recordings = row["number"]
      counts.duration = row["duration"]
    }
    for row in try Row.fetchAll(
      db,
      sql: """
        SELECT model.id, count(*) AS recordings, sum(segmentsCount) AS segments
        FROM product JOIN model ON model.key = product.model GROUP BY model.key
        """)
    {
      counts.products[ModelID(try row.contentHash("id"))] =
        (recordings: row["recordings"], segments: row["segments"])
    }
    return counts
  }

  /// Files in the order of their paths' bytes.
  public func files(_ query: FileQuery) async throws(HarkError) -> Page<FileEntry, FilePath> {
    guard (1...10_000).contains(query.limit) else { throw Self.badLimit(query.limit) }
    return try await read { db in
      var conditions = ["path > ?", "path < ?", "path > ?"]
      let range = (query.under ?? "/").below
      var arguments: StatementArguments = [
        range.after, range.before, query.after?.blob ?? Data(),
      ]
      if query.states.isEmpty {
        conditions.append("(state != 'skipped' OR isOffline)")
      } else {
        let states = query.states.subtracting([.offline]).map(\.rawValue)
        let marks = Array(repeating: "?", count: states.count).joined(separator: ", ")
        let isOffline = query.states.contains(.offline) ? "isOffline" : "0"
        conditions.append("((NOT isOffline AND state IN (\(marks))) OR \(isOffline))")
        arguments += StatementArguments(states)
      }
      let rows = try Row.fetchAll(
        db,
        sql: """
          \(Self.fileColumns) WHERE \(conditions.joined(separator: " AND "))
          ORDER BY path LIMIT \(query.limit + 1)
          """, arguments: arguments)
      let entries = try rows.prefix(query.limit).map(Self.fileEntry)
      return Page(
        elements: entries, next: rows.count > query.limit ? entries.last?.path : nil)
    }
  }

  /// One file; `nil` if it is not known.
  public func file(at path: FilePath) async throws(HarkError) -> FileEntry? {
    try await read { db in
      try Row.fetchOne(db, sql: "\(Self.fileColumns) WHERE path = ?", arguments: [path.blob])
        .map(Self.fileEntry)
    }
  }

  /// Recordings that have a file, oldest first.
  public func recordings(
    _ query: RecordingQuery
  ) async throws(HarkError) -> Page<RecordingEntry, RecordingKey> {
    guard (1...10_000).contains(query.limit) else { throw Self.badLimit(query.limit) }
    return try await read { db in
      let range = (query.under ?? "/").below
      let keys = try Int64.fetchAll(
        db,
        sql: """
          SELECT key FROM recording WHERE key > ? AND orphaned IS NULL AND EXISTS (
            SELECT 1 FROM file WHERE recording = recording.key AND path > ? AND path < ?)
          ORDER BY key LIMIT ?
          """,
        arguments: [query.after?.rawValue ?? 0, range.after, range.before, query.limit + 1])
      let page = keys.prefix(query.limit)
      return Page(
        elements: try page.compactMap { try Self.recordingEntry($0, in: db) },
        next: keys.count > query.limit ? page.last.map(RecordingKey.init) : nil)
    }
  }

  /// One recording; `nil` if it is not known.
  public func recording(_ id: RecordingID) async throws(HarkError) -> RecordingEntry? {
    try await read { db in
      guard
        let key = try Int64.fetchOne(
          db, sql: "SELECT key FROM recording WHERE id = ?", arguments: [id.blob])
      else { return nil }
      return try Self.recordingEntry(key, in: db)
    }
  }

  private static func badLimit(_ limit: Int) -> HarkError {
    HarkError(
      .invalidArgument, "a page of \(limit) entries cannot be had",
      remedy: "give a limit from 1 to 10000")
  }

  static let fileColumns = """
    SELECT file.*, recording.id AS recordingID, recording.duration AS duration
    FROM file LEFT JOIN recording ON recording.key = file.recording
    """

  static func fileEntry(_ row: Row) throws -> FileEntry {
    let state: FileEntry.State =
      row["isOffline"] ? .offline : FileEntry.State(rawValue: row["state"]) ?? .pending
    let failure = (row["failureCode"] as String?).flatMap(AnalysisFailure.Code.init).map {
      AnalysisFailure($0, row["failureMessage"] as String? ?? "")
    }
    let hasRecording = row.hasNull("recordingID") == false
    return FileEntry(
      path: row.path("path"), state: state, size: row["size"], modified: row["modified"],
      recording: hasRecording ? RecordingID(try row.contentHash("recordingID")) : nil,
      duration: row["duration"], container: row["container"], codec: row["codec"],
      metadata: Metadata(
        title: row["title"], artist: row["artist"], album: row["album"], track: row["track"],
        date: row["date"]),
      failure: failure, failureCount: row["failureCount"], retryAt: row["retryAt"],
      added: row["added"])
  }

  static func recordingEntry(_ key: Int64, in db: Database) throws -> RecordingEntry? {
    guard
      let row = try Row.fetchOne(
        db.cachedStatement(sql: "SELECT * FROM recording WHERE key = ?"), arguments: [key])
    else { return nil }
    let files = try Row.fetchAll(
      db.cachedStatement(sql: "\(fileColumns) WHERE recording = ? ORDER BY path"),
      arguments: [key])
    let products = try Row.fetchAll(
      db.cachedStatement(
        sql: """
          SELECT model.id, precision, segmentsCount, isShort
          FROM product JOIN model ON model.key = product.model
          WHERE recording = ? ORDER BY model.key
          """), arguments: [key])
    return RecordingEntry(
      id: RecordingID(try row.contentHash("id")),
      facts: try JSONColumn.decode(AudioFacts.self, row["facts"]), decoder: row["decoder"],
      added: row["added"], files: try files.map(fileEntry),
      products: try products.map {
        RecordingEntry.Product(
          model: ModelID(try $0.contentHash("id")),
          precision: Precision(rawValue: $0["precision"]) ?? .f32,
          segments: $0["segmentsCount"], isShort: $0["isShort"])
      })
  }
}

/// Totals of the catalogue.
public struct CatalogueCounts: Sendable {
  public var files: [FileEntry.State: Int] = [:]
  /// Recordings that a file holds.
  public var recordings = 0
  /// Their total length in seconds.
  public var duration = 0.0
  public var products: [ModelID: (recordings: Int, segments: Int)] = [:]
}

extension Row {
  fileprivate func hasNull(_ column: String) -> Bool { (self[column] as DatabaseValue).isNull }
}
