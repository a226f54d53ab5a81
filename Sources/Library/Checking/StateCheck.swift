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
    /// Recordings whose embedding the next daemon makes.
    public var waiting = 0
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
    let directory = try Self.directory(at: path)
    return try await Self.report(
      on: try Catalogue(path: directory.catalogue), in: directory, progress: progress)
  }

  /// The state directory, locked. Throws `notFound` where there is none, and makes none.
  static func directory(at path: FilePath) throws(HarkError) -> StateDirectory {
    guard ModelCopy.exists(path.appending("catalogue.sqlite")) else {
      throw HarkError(
        .notFound, "\(path.escaped) holds no catalogue",
        remedy: "give the daemon's state directory with --state")
    }
    return try StateDirectory(path: path)
  }

  static func report(
    on catalogue: Catalogue, in directory: StateDirectory,
    progress: @escaping @Sendable (ModelID, Int, Int) -> Void = { _, _, _ in }
  ) async throws(HarkError) -> Report {
    var report = Report()
    report.problems = try await catalogue.problems()
    let counts = try await catalogue.counts()
    report.files = counts.files.values.reduce(0, +)
    report.recordings = counts.recordings
    report.waiting = try await catalogue.waitingRecordings()
    let checking = IndexChecking(catalogue: catalogue, directory: directory.path)
    for model in try await catalogue.models() {
      let found = try await checking.embeddings(of: model, progress: progress)
      report.rows += found.rows
      report.problems += found.problems.map(\.description)
    }
    let found = try await checking.landmarks()
    report.rows += found.rows
    report.problems += found.problems.map(\.description)
    return report
  }
}
