import Catalogue
import Core
import Fingerprint
import SystemPackage
import VectorIndex

/// Verifies a state directory: every page of the catalogue, every reference in it, and the checksum
/// of every row of every index file that it refers to. Nothing is changed.
public struct StateCheck: Sendable {
  /// What a check found.
  public struct Report: Sendable {
    /// One line for each finding; none if all is well.
    public var problems: [String] = []
    public var files = 0
    public var recordings = 0
    /// Rows of index files that were read and compared.
    public var rows = 0
  }

  private let path: FilePath

  /// - Parameter path: the state directory.
  public init(path: FilePath) { self.path = path }

  /// Throws `notFound` if there is no state directory, `locked` while a daemon uses it, and what the
  /// catalogue says when it cannot be opened at all. Complexity: reads every byte of the state.
  ///
  /// - Parameter progress: called now and then with the rows checked and all rows of one model.
  public func run(
    progress: @escaping @Sendable (ModelID, Int, Int) -> Void = { _, _, _ in }
  ) async throws(HarkError) -> Report {
    let catalogueFile = path.appending("catalogue.sqlite")
    guard ModelCopy.exists(catalogueFile) else {
      throw HarkError(
        .notFound, "\(path.escaped) holds no catalogue",
        remedy: "give the daemon's state directory with --state")
    }
    let directory = try StateDirectory(path: path)
    let catalogue = try Catalogue(path: catalogueFile)
    var report = Report()
    report.problems = try await catalogue.problems()
    let counts = try await catalogue.counts()
    report.files = counts.files.values.reduce(0, +)
    report.recordings = counts.recordings
    for model in try await catalogue.models() {
      let rows = try await catalogue.storedRows(of: model.id).rows
      report.rows += rows.reduce(0) { $0 + 1 + $1.segments.count }
      let problems = try await BlockingWork(label: "hark.check").run { () throws(HarkError) in
        ModelIndex.check(
          directory: directory.path, model: model.id, rows: rows, generation: model.generation
        ) { progress(model.id, $0, $1) }
      }
      report.problems += problems.map(\.description)
    }
    try await checkLandmarks(of: catalogue, &report)
    return report
  }

  private func checkLandmarks(
    of catalogue: Catalogue, _ report: inout Report
  ) async throws(HarkError) {
    let parameters = FingerprintParameters()
    let stored = try await catalogue.storedLandmarks(version: parameters.version)
    guard !stored.ranges.isEmpty else { return }
    report.rows += stored.ranges.count
    let problems = try await BlockingWork(label: "hark.check").run { () throws(HarkError) in
      LandmarkStore.check(
        directory: path, parameters: parameters, committed: stored.ranges,
        generation: stored.generation)
    }
    report.problems += problems.map(\.description)
  }
}
