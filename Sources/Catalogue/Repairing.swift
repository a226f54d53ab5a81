import Core
import GRDB
import SystemPackage

extension Catalogue {
  /// Makes the catalogue agree with itself again: indexes are made anew from the tables, and what refers
  /// to nothing or contradicts itself is dropped, so that it is analysed again.
  ///
  /// Damaged pages it does not mend; ``problems()`` tells whether any are left.
  ///
  /// - Returns: one line for each thing that was done, none if all was well.
  public func repair(now: Double) async throws(HarkError) -> [String] {
    try await write { db in
      let damaged = try String.fetchAll(db, sql: "PRAGMA integrity_check").contains { $0 != "ok" }
      var done: [String] = []
      if damaged {
        try db.execute(sql: "REINDEX")
        done.append("the catalogue's indexes are made anew")
      }
      let steps: [(what: String, sql: String)] = [
        (
          "files whose recording is missing wait for their analysis",
          """
          UPDATE file SET recording = NULL, state = 'pending', retryAt = NULL
          WHERE recording IS NOT NULL AND recording NOT IN (SELECT key FROM recording)
          """
        ),
        (
          "files without a recording wait for their analysis",
          """
          UPDATE file SET state = 'pending', retryAt = NULL
          WHERE state = 'analysed' AND recording IS NULL
          """
        ),
        (
          "files that failed without a reason wait for their analysis",
          """
          UPDATE file SET state = 'pending', retryAt = NULL
          WHERE state = 'failed' AND failureCode IS NULL
          """
        ),
        (
          "embeddings that belong to nothing are dropped",
          """
          DELETE FROM product WHERE recording NOT IN (SELECT key FROM recording)
            OR model NOT IN (SELECT key FROM model)
            OR generation != (SELECT generation FROM model WHERE key = product.model)
          """
        ),
        (
          "landmarks that belong to nothing are dropped",
          """
          DELETE FROM landmarks WHERE recording NOT IN (SELECT key FROM recording)
            OR generation != coalesce(
              (SELECT generation FROM landmarkStore WHERE version = landmarks.version), 1)
          """
        ),
        (
          "recordings that no file holds are marked so",
          """
          UPDATE recording SET orphaned = \(now) WHERE orphaned IS NULL
            AND NOT EXISTS (SELECT 1 FROM file WHERE file.recording = recording.key)
          """
        ),
        (
          "recordings that a file holds are marked so",
          """
          UPDATE recording SET orphaned = NULL WHERE orphaned IS NOT NULL
            AND EXISTS (SELECT 1 FROM file WHERE file.recording = recording.key)
          """
        ),
      ]
      for step in steps {
        try db.execute(sql: step.sql)
        if db.changesCount > 0 { done.append("\(db.changesCount) \(step.what)") }
      }
      return done
    }
  }

  /// Refers to a recording's embeddings of a model no more, so that they are made again.
  public func forgetEmbeddings(
    of recordings: Set<RecordingKey>, model: ModelID
  ) async throws(HarkError) {
    try await write { db in
      let statement = try db.makeStatement(
        sql: """
          DELETE FROM product
          WHERE recording = ? AND model = (SELECT key FROM model WHERE id = ?)
          """)
      for key in recordings { try statement.execute(arguments: [key.rawValue, model.blob]) }
    }
  }

  /// Refers to no embedding of a model any more, and begins its next generation, so that its files are
  /// made anew. Returns how many recordings that concerns.
  public func forgetAllEmbeddings(of model: ModelID) async throws(HarkError) -> Int {
    try await write { db in
      try db.execute(
        sql: "DELETE FROM product WHERE model = (SELECT key FROM model WHERE id = ?)",
        arguments: [model.blob])
      let count = db.changesCount
      try db.execute(
        sql: "UPDATE model SET generation = generation + 1 WHERE id = ?", arguments: [model.blob])
      return count
    }
  }

  /// Refers to the landmarks of some recordings no more, so that they are made again.
  public func forgetLandmarks(
    of recordings: Set<RecordingKey>, version: Int
  ) async throws(HarkError) {
    try await write { db in
      let statement = try db.makeStatement(
        sql: "DELETE FROM landmarks WHERE recording = ? AND version = ?")
      for key in recordings { try statement.execute(arguments: [key.rawValue, version]) }
    }
  }
}
