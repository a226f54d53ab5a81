import Core
import GRDB
import SystemPackage

extension Catalogue {
  /// How many online recordings have no embedding of any model, and wait for one to be made.
  public func waitingRecordings() async throws(HarkError) -> Int {
    try await read { db in
      try Int.fetchOne(
        db,
        sql: """
          SELECT count(DISTINCT file.recording) FROM file
          WHERE file.recording IS NOT NULL AND isOffline = 0 AND state = 'analysed'
            AND NOT EXISTS (SELECT 1 FROM product WHERE product.recording = file.recording)
          """) ?? 0
    }
  }

  /// Verifies the catalogue itself: SQLite's own pages and indexes, references between tables, and
  /// what must hold between files, recordings and products. Returns a line for each finding, none if
  /// all is well. Complexity: O(size of the file).
  public func problems() async throws(HarkError) -> [String] {
    try await read { db in
      var problems = try String.fetchAll(db, sql: "PRAGMA integrity_check").filter { $0 != "ok" }
      for row in try Row.fetchAll(db, sql: "PRAGMA foreign_key_check") {
        problems.append("table \(row["table"] as String): row refers to nothing: \(row)")
      }
      let checks: [(what: String, sql: String)] = [
        (
          "files are said to be analysed and name no recording",
          "SELECT count(*) FROM file WHERE state = 'analysed' AND recording IS NULL"
        ),
        (
          "files failed without a reason",
          "SELECT count(*) FROM file WHERE state = 'failed' AND failureCode IS NULL"
        ),
        (
          "recordings without a file are not marked so",
          """
          SELECT count(*) FROM recording WHERE orphaned IS NULL
            AND NOT EXISTS (SELECT 1 FROM file WHERE file.recording = recording.key)
          """
        ),
        (
          "recordings with a file are marked as without",
          """
          SELECT count(*) FROM recording WHERE orphaned IS NOT NULL
            AND EXISTS (SELECT 1 FROM file WHERE file.recording = recording.key)
          """
        ),
        (
          "products lie in a generation that is not their model's",
          """
          SELECT count(*) FROM product JOIN model ON model.key = product.model
          WHERE product.generation != model.generation
          """
        ),
        (
          "landmarks lie in a generation that is not their store's",
          """
          SELECT count(*) FROM landmarks LEFT JOIN landmarkStore USING (version)
          WHERE landmarks.generation != coalesce(landmarkStore.generation, 1)
          """
        ),
      ]
      for check in checks {
        let count = try Int.fetchOne(db, sql: check.sql) ?? 0
        if count > 0 { problems.append("\(count) \(check.what)") }
      }
      return problems
    }
  }
}
