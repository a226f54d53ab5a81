import Catalogue
import Core
import Fingerprint
import Threads

/// Answers "which files are the same?". All recordings are compared when somebody asks and something has
/// changed since; what was found is kept for those who ask next.
actor DuplicateKeeper {
  private let catalogue: Catalogue
  private let shelf: IndexShelf
  private let comparing = BlockingWork(isSerial: true)
  /// The latest, under way or done.
  private var comparison: DuplicateComparison?

  init(catalogue: Catalogue, shelf: IndexShelf) {
    self.catalogue = catalogue
    self.shelf = shelf
  }

  /// - Parameter wait: seconds after which the answer says how far the comparison is; `nil` waits for
  ///   its end.
  func answer(waitingAtMost wait: Double?) async throws(HarkError) -> DuplicateAnswer {
    let comparison = try current()
    await comparison.wait(atMost: wait)
    guard let result = comparison.result else {
      let progress = comparison.progress
      return DuplicateAnswer(
        recordings: max(1, progress.recordings),
        compared: min(progress.done, max(1, progress.recordings) - 1), groups: [])
    }
    let pairs = try result.get()
    // Files may have come, gone or moved since: they are read now.
    var wanted = Set(try await catalogue.recordingsInSeveralFiles())
    for pair in pairs { wanted.formUnion([pair.first, pair.second]) }
    let recordings = try await catalogue.onlineRecordings(wanted)
    let count = comparison.progress.recordings
    return DuplicateAnswer(
      recordings: count, compared: count,
      groups: DuplicateAssembly(recordings: recordings, pairs: pairs).groups())
  }

  /// The comparison that answers now; begins one where landmarks have come or gone since the last.
  private func current() throws(HarkError) -> DuplicateComparison {
    guard let store = shelf.current.landmarks else { throw LandmarkStore.notOpened }
    if let comparison {
      if comparison.result == nil { return comparison }
      if comparison.revision == store.revision, case .success = comparison.result {
        return comparison
      }
    }
    let next = DuplicateComparison(revision: store.revision)
    comparison = next
    comparing.perform {
      do throws(HarkError) {
        next.run(try store.snapshot())
      } catch {
        next.finish(.failure(error))
      }
    }
    return next
  }

  /// Gives up what is under way, so that nobody waits for it.
  func stop() { comparison?.cancel() }
}
