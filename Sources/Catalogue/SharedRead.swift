import Core

/// A value that is costly to read from the catalogue, and read once for all who ask between two
/// changes of it: a thousand clients that ask for the status keep no reader from anybody else.
actor SharedRead<Value: Sendable> {
  private struct Reading {
    /// The changes that were committed when it began.
    var changes: UInt64
    var result: Task<Result<Value, HarkError>, Never>
  }

  private var latest: Reading?

  /// The value as of `changes` commits, or a later one: what an earlier caller has read or is reading,
  /// else what `read` gives. Failures are not kept.
  func value(
    at changes: UInt64, _ read: @escaping @Sendable () async throws(HarkError) -> Value
  ) async throws(HarkError) -> Value {
    if let latest, latest.changes >= changes { return try await latest.result.value.get() }
    let reading = Reading(
      changes: changes,
      // A task of its own, which outlives a caller that gives up.
      result: Task {
        do throws(HarkError) { return .success(try await read()) } catch { return .failure(error) }
      })
    latest = reading
    let result = await reading.result.value
    if case .failure = result, latest?.changes == changes { latest = nil }
    return try result.get()
  }
}
