import Catalogue
import Core

/// Products that recordings lack and that could not be made, and when each is tried again.
///
/// Times are nanoseconds of the monotonic clock.
struct MissedProducts {
  private struct Miss {
    var count = 0
    /// `nil`: not before a restart or a rescan.
    var due: UInt64?
  }

  private var misses: [ProductKind: [RecordingKey: Miss]] = [:]

  /// Failures of the moment after which nothing waits for the product any more; it is still tried.
  static let patience = 3

  /// Seconds until a failure that may pass is tried again: 30, 60, 120, … up to an hour.
  static func pause(afterFailures count: Int) -> Double {
    min(3600, 30 * Double(1 << min(max(count, 1) - 1, 10)))
  }

  mutating func add(
    _ recording: RecordingKey, _ product: ProductKind, _ failure: AnalysisFailure, now: UInt64
  ) {
    var miss = misses[product]?[recording] ?? Miss()
    miss.count += 1
    miss.due =
      failure.retry == .afterPause
      ? now + UInt64(Self.pause(afterFailures: miss.count) * 1e9) : nil
    misses[product, default: [:]][recording] = miss
  }

  mutating func remove(_ recording: RecordingKey, _ product: ProductKind) {
    misses[product]?[recording] = nil
  }

  /// Forgets those that were due, once a look at all that is missing has not come by them: somebody
  /// removed the file, or it waits for an analysis of its own. Those `inWork` are being tried.
  mutating func forgetDue(
    _ product: ProductKind, now: UInt64, inWork: Set<RecordingKey>
  ) {
    misses[product] = misses[product]?.filter { recording, miss in
      inWork.contains(recording) || miss.due.map { $0 > now } ?? true
    }
  }

  /// Recordings that are not to be tried now.
  func resting(_ product: ProductKind, now: UInt64) -> Set<RecordingKey> {
    recordings(product) { $0.due.map { $0 > now } ?? true }
  }

  /// Recordings without whose product a model may become the active one.
  func givenUp(_ product: ProductKind) -> Set<RecordingKey> {
    recordings(product) { $0.due == nil || $0.count >= Self.patience }
  }

  /// When the first one is tried again.
  var nextDue: UInt64? {
    misses.values.lazy.flatMap(\.values).compactMap(\.due).min()
  }

  private func recordings(
    _ product: ProductKind, where condition: (Miss) -> Bool
  ) -> Set<RecordingKey> {
    Set((misses[product] ?? [:]).filter { condition($0.value) }.keys)
  }
}
