import Catalogue
import Core
import Fingerprint
import SystemPackage
import Threads
import VectorIndex

/// Reads the files that a catalogue refers to, and compares them with what it says of them.
struct IndexChecking: Sendable {
  let catalogue: Catalogue
  /// The state directory.
  let directory: FilePath
  private let reading = BlockingWork()

  init(catalogue: Catalogue, directory: FilePath) {
    self.catalogue = catalogue
    self.directory = directory
  }

  struct Found<Problem: Sendable>: Sendable {
    /// Rows that were read and compared.
    var rows: Int
    var problems: [Problem]
  }

  func embeddings(
    of model: StoredModel,
    progress: @escaping @Sendable (ModelID, Int, Int) -> Void = { _, _, _ in }
  ) async throws(HarkError) -> Found<IndexProblem> {
    let rows = try await catalogue.storedRows(of: model.id).rows
    let problems = try await reading.run { [directory] () throws(HarkError) in
      ModelIndex.check(
        directory: directory, model: model.id, rows: rows, generation: model.generation
      ) { progress(model.id, $0, $1) }
    }
    return Found(rows: rows.reduce(0) { $0 + 1 + $1.segments.count }, problems: problems)
  }

  func landmarks() async throws(HarkError) -> Found<LandmarkProblem> {
    let parameters = FingerprintParameters()
    let stored = try await catalogue.storedLandmarks(version: parameters.version)
    guard !stored.ranges.isEmpty else { return Found(rows: 0, problems: []) }
    let problems = try await reading.run { [directory] () throws(HarkError) in
      LandmarkStore.check(
        directory: directory, parameters: parameters, committed: stored.ranges,
        generation: stored.generation)
    }
    return Found(rows: stored.ranges.count, problems: problems)
  }
}
