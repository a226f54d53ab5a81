import Catalogue
import Core
import Fingerprint
import SystemPackage
import VectorIndex

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Makes a damaged state directory one that a daemon can use: what is damaged is dropped, so that the
/// next daemon makes it again from the audio; what is sound stays.
public struct StateRepair: Sendable {
  /// What was done, and how things stand now.
  public struct Report: Sendable {
    /// One line for each thing that was done; none if all was well.
    public var actions: [String] = []
    /// What a check finds now.
    public var check = StateCheck.Report()
  }

  private let path: FilePath

  /// - Parameter path: the state directory.
  public init(path: FilePath) { self.path = path }

  /// Throws `notFound` if there is no state directory, `locked` while a daemon uses it, `newerVersion` for
  /// one that a newer Hark wrote, and what the system says. What root makes belongs to the directory's
  /// owner. Complexity: reads every byte of the state, twice if anything is wrong.
  public func run() async throws(HarkError) -> Report {
    let directory = try StateCheck.directory(at: path)
    do throws(HarkError) {
      let report = try await repair(directory)
      try StateOwner.handOver(path)
      return report
    } catch {
      try? StateOwner.handOver(path)
      throw error
    }
  }

  private func repair(_ directory: StateDirectory) async throws(HarkError) -> Report {
    var report = Report()
    let catalogue = try await openedCatalogue(directory, &report)
    let checking = IndexChecking(catalogue: catalogue, directory: directory.path)
    for model in try await catalogue.models() {
      let problems = try await checking.embeddings(of: model).problems
      try await mend(problems, of: model, catalogue, &report)
    }
    try await mend(try await checking.landmarks().problems, catalogue, &report)
    report.check = try await StateCheck.report(on: catalogue, in: directory)
    try catalogue.close()
    return report
  }

  /// The catalogue, in agreement with itself; an empty one where SQLite cannot read the old one any more.
  private func openedCatalogue(
    _ directory: StateDirectory, _ report: inout Report
  ) async throws(HarkError) -> Catalogue {
    do throws(HarkError) {
      let catalogue = try Catalogue(path: directory.catalogue)
      report.actions += try await catalogue.repair(now: WallClock.now)
      if try await catalogue.problems().isEmpty { return catalogue }
      try catalogue.close()
    } catch  where error.code == .corrupt {
      // Said below.
    }
    let aside = try setAside(directory.catalogue)
    report.actions.append(
      "the catalogue cannot be read any more: it lies in \(aside.escaped) now, and every file is "
        + "analysed again")
    return try Catalogue(path: directory.catalogue)
  }

  /// Renames the catalogue, with SQLite's log beside it, to a name that is free.
  private func setAside(_ catalogue: FilePath) throws(HarkError) -> FilePath {
    var number = 1
    func name(_ suffix: String) -> FilePath {
      FilePath(bytes: catalogue.bytes + Array(".damaged-\(number)\(suffix)".utf8))
    }
    while ModelCopy.exists(name("")) { number += 1 }
    for suffix in ["-shm", "-wal", ""] {
      let from = FilePath(bytes: catalogue.bytes + Array(suffix.utf8))
      let result = from.withPlatformString { old in
        name(suffix).withPlatformString { rename(old, $0) }
      }
      guard result == 0 || errno == ENOENT else {
        throw HarkError.system("cannot rename \(from.escaped)", errno: errno)
      }
    }
    return name("")
  }

  private func mend(
    _ problems: [IndexProblem], of model: StoredModel, _ catalogue: Catalogue,
    _ report: inout Report
  ) async throws(HarkError) {
    var damaged: Set<RecordingKey> = []
    var isWhole = false
    for problem in problems {
      switch problem.kind {
      case .outsideFile, .damagedRows:
        if let recording = problem.recording { damaged.insert(recording) } else { isWhole = true }
      case .missingFile, .damagedHeader, .contradiction: isWhole = true
      // Another program, or another disk, has to see to these.
      case .newerVersion, .unreadable: break
      }
    }
    if isWhole {
      let count = try await catalogue.forgetAllEmbeddings(of: model.id)
      report.actions.append(
        "the embeddings of model \(model.id.short) are made again, of \(count) recordings")
    } else if !damaged.isEmpty {
      try await catalogue.forgetEmbeddings(of: damaged, model: model.id)
      report.actions.append(
        "the embeddings of \(damaged.count) recordings by model \(model.id.short) are made again")
    }
  }

  private func mend(
    _ problems: [LandmarkProblem], _ catalogue: Catalogue, _ report: inout Report
  ) async throws(HarkError) {
    let version = FingerprintParameters().version
    var damaged: Set<RecordingKey> = []
    var runs: Set<FilePath> = []
    var files: Set<FilePath> = []
    var isWhole = false
    for problem in problems {
      switch problem.kind {
      case .damagedRecord:
        if let recording = problem.recording { damaged.insert(recording) }
      case .damagedRun: runs.insert(problem.file)
      case .damagedHeader:
        files.insert(problem.file)
        isWhole = true
      case .missingFile, .contradiction: isWhole = true
      case .newerVersion, .unreadable: break
      }
    }
    if isWhole {
      try await catalogue.forgetLandmarks(version: version)
      report.actions.append("the landmarks of all recordings are made again")
    } else if !damaged.isEmpty {
      try await catalogue.forgetLandmarks(of: damaged, version: version)
      report.actions.append("the landmarks of \(damaged.count) recordings are made again")
    }
    for file in files.union(runs) { _ = file.withPlatformString { unlink($0) } }
    if !runs.isEmpty {
      report.actions.append("\(runs.count) sorted runs of landmarks are made again")
    }
  }
}
