import Core
import GRDB

extension Catalogue {
  /// Recordings that two or more online files hold. Complexity: O(files).
  public func recordingsInSeveralFiles() async throws(HarkError) -> [RecordingKey] {
    try await read { db in
      try Int64.fetchAll(
        db,
        sql: """
          SELECT recording FROM file WHERE recording IS NOT NULL AND isOffline = 0
          GROUP BY recording HAVING count(*) > 1 ORDER BY recording
          """
      ).map(RecordingKey.init)
    }
  }

  /// Recordings with their online files alone. Those without one are missing from the answer.
  public func onlineRecordings(
    _ keys: some Collection<RecordingKey> & Sendable
  ) async throws(HarkError) -> [RecordingKey: RecordingEntry] {
    try await read { db in
      var recordings: [RecordingKey: RecordingEntry] = [:]
      for key in keys {
        guard var entry = try Self.recordingEntry(key.rawValue, in: db) else { continue }
        entry.files.removeAll { $0.state == .offline }
        if !entry.files.isEmpty { recordings[key] = entry }
      }
      return recordings
    }
  }
}
