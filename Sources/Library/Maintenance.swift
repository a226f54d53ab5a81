import Catalogue
import Core
import Logging
import Threads
import VectorIndex

/// What must be done now and then: forgetting recordings that have had no file for long, and
/// compacting index files that hold too much waste.
struct Maintenance: Sendable {
  let catalogue: Catalogue
  let shelf: IndexShelf
  let visibility: VisibilityKeeper
  let recorder: Recorder
  let logger: Logger

  /// Seconds for which a recording outlives its last file: 30 days.
  static let keepOrphans = 30.0 * 86_400
  /// Seconds between two looks.
  private static let interval = 86_400.0

  /// Looks at the start and then once a day, until the task is cancelled.
  func run() async {
    while !Task.isCancelled {
      await attempt { () throws(HarkError) in try await forgetOrphans(now: WallClock.now) }
      for model in shelf.current.indexes.keys {
        await attempt { () throws(HarkError) in try await recorder.compactIfWasteful(model) }
      }
      await attempt { () throws(HarkError) in try await recorder.compactLandmarksIfWasteful() }
      try? await Alarm.sleep(for: .seconds(Self.interval))
    }
  }

  /// One file's trouble must not keep the others from being looked after.
  private func attempt(_ body: () async throws(HarkError) -> Void) async {
    do throws(HarkError) {
      try await body()
    } catch {
      logger.error("upkeep failed: \(error)")
    }
  }

  /// Time counts only as far as Hark runs now and then: neither a clock that jumps nor a machine that
  /// was off ends the 30 days.
  func forgetOrphans(now: Double) async throws(HarkError) {
    try await catalogue.ageOrphans(atMost: 2 * Self.interval, now: now)
    let gone = try await catalogue.purgeOrphans(before: now - Self.keepOrphans)
    guard !gone.isEmpty else { return }
    await visibility.refresh(gone)
    logger.notice("forgot \(gone.count) recordings whose files went away 30 days ago")
  }
}
