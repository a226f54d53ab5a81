import Catalogue
import Core
import SystemPackage
import Threads
import VectorIndex

/// Opens a model's index files with the rows that the catalogue refers to, and hides the recordings
/// that no online file holds.
struct IndexOpening: Sendable {
  let catalogue: Catalogue

  /// To be called, and the index put on the shelf, while no recording is shown or hidden
  /// (``VisibilityKeeper/exclusively(_:)``): whoever does that tells the indexes on the shelf alone.
  ///
  /// Complexity: O(products of the model).
  ///
  /// - Parameter old: an index over the same files that queries may still read.
  func open(
    _ model: ModelID, in directory: FilePath, replacing old: ModelIndex? = nil
  ) async throws(HarkError) -> ModelIndex {
    let stored = try await catalogue.storedRows(of: model)
    let generation =
      try await catalogue.models().first { $0.id == model }?.generation ?? 1
    let index = try await BlockingWork().run { () throws(HarkError) in
      let index: ModelIndex
      if let old {
        index = try old.reopened(rows: stored.rows, generation: generation)
      } else {
        index = try ModelIndex.open(
          directory: directory, model: model, rows: stored.rows, generation: generation)
      }
      for row in stored.rows where !stored.visible.contains(row.key) { index.remove(key: row.key) }
      return index
    }
    // Nobody waits for it: until it is done, queries read rows in full.
    BlockingWork().perform { index.sketchRows() }
    return index
  }
}
