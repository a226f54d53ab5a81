import Core
import GRDB

extension Catalogue {
  /// The name in `setting` under which the time of the last ``ageOrphans(atMost:now:)`` is kept.
  private static let lastAgeing = "orphans aged"

  /// Lets recordings without a file grow older by the time since the last call, though by no more than
  /// `most` seconds: whether the machine was off or its clock was put forward cannot be told, and neither
  /// may end the time for which they are kept. After a clock was put back, what was orphaned before
  /// counts from `now`.
  ///
  /// - Parameter now: seconds since 1970.
  public func ageOrphans(atMost most: Double, now: Double) async throws(HarkError) {
    try await write { db in
      let last = try Double.fetchOne(
        db, sql: "SELECT CAST(value AS REAL) FROM setting WHERE name = ?",
        arguments: [Self.lastAgeing])
      let jump = last.map { max(0, now - $0 - most) } ?? 0
      try db.execute(
        sql: """
          UPDATE recording SET orphaned = min(orphaned + ?, ?)
          WHERE orphaned IS NOT NULL AND (orphaned > ? OR ? > 0)
          """, arguments: [jump, now, now, jump])
      try db.execute(
        sql: "INSERT OR REPLACE INTO setting (name, value) VALUES (?, ?)",
        arguments: [Self.lastAgeing, "\(now)"])
    }
  }

  /// Forgets recordings whose last file went before `limit` (seconds since 1970).
  public func purgeOrphans(before limit: Double) async throws(HarkError) -> Set<RecordingKey> {
    try await write { db in
      try Self.deleteOrphans(in: db, where: "orphaned < ?", [limit])
    }
  }
}
