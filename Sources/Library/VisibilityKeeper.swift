import Catalogue
import Core
import Logging
import Threads
import VectorIndex

/// Keeps what queries see equal to what the catalogue says.
///
/// A recording is visible while an online file holds it. Whoever changed the catalogue names the
/// recordings that it touched; for each the catalogue is asked anew, so the order in which changes
/// arrive does not matter. The asking and the telling of one batch are not interleaved with those of
/// another: a stale answer could otherwise overtake a fresh one.
actor VisibilityKeeper {
  private let catalogue: Catalogue
  private let shelf: IndexShelf
  private let logger: Logger
  private let telling = BlockingWork()
  private var last: Task<Result<Void, HarkError>, Never>?

  init(catalogue: Catalogue, shelf: IndexShelf, logger: Logger) {
    self.catalogue = catalogue
    self.shelf = shelf
    self.logger = logger
  }

  /// Tells the indexes about `recordings`. When it returns, queries see the change.
  func refresh(_ recordings: Set<RecordingKey>) async {
    guard !recordings.isEmpty else { return }
    _ = await exclusively { [self] () async throws(HarkError) in await apply(recordings) }
  }

  /// Runs `body` while no recording is shown or hidden.
  func exclusively(
    _ body: @escaping @Sendable () async throws(HarkError) -> Void
  ) async -> Result<Void, HarkError> {
    let previous = last
    let task = Task { () -> Result<Void, HarkError> in
      _ = await previous?.value
      do throws(HarkError) {
        return .success(try await body())
      } catch {
        return .failure(error)
      }
    }
    last = task
    return await task.value
  }

  private func apply(_ recordings: Set<RecordingKey>) async {
    do throws(HarkError) {
      let contents = shelf.current
      let changed = try await catalogue.visibility(of: recordings)
      // An index that shows more rows may write sketches of them.
      try await telling.run { () throws(HarkError) in
        for visibility in changed { try Self.tell(contents, visibility) }
      }
    } catch {
      logger.error("cannot show what changed in the library: \(error)")
    }
  }

  private static func tell(
    _ contents: IndexShelf.Contents, _ visibility: RecordingVisibility
  ) throws(HarkError) {
    // Landmarks of a recording that is only offline stay; answers leave it out.
    if let landmarks = contents.landmarks,
      visibility.landmarks[landmarks.parameters.version] == nil
    {
      landmarks.remove([visibility.recording])
    }
    for (model, index) in contents.indexes {
      guard visibility.isVisible, let rows = visibility.products[model] else {
        index.remove(key: visibility.recording)
        continue
      }
      guard !index.contains(visibility.recording) else { continue }
      try index.publish(
        key: visibility.recording,
        rows: AppendedRows(pooled: rows.pooled, segments: rows.segments))
    }
  }
}
