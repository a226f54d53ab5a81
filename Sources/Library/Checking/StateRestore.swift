import Catalogue
import Core
import Foundation
import MappedFiles
import SystemPackage
import Threads

/// Makes a state directory out of a backup. The directory gets its catalogue last: whatever happens
/// before, it holds no library yet, and restoring can be begun again.
public struct StateRestore: Sendable {
  /// What was restored.
  public struct Report: Sendable {
    /// The version of Hark that made the backup.
    public var hark: String
    public var files: Int
    public var recordings: Int
    /// Index rows whose checksums were compared.
    public var rows: Int
    public var bytes: Int
  }

  private let path: FilePath
  private let disk = BlockingWork()

  /// - Parameter path: the state directory; it may be missing or hold no library.
  public init(path: FilePath) { self.path = path }

  /// Restores and verifies everything in it: every page of the catalogue, every reference, and the
  /// checksum of every row and every file.
  ///
  /// Throws `invalidArgument` if there is a library already, `locked` while a daemon uses the directory,
  /// `corrupt` for a backup that is damaged or not complete, `newerVersion`, and what the system says.
  /// After a throw the directory holds no library. What root restores belongs to the directory's owner.
  /// Complexity: reads and writes every byte once, and reads it again.
  public func run(from backup: FilePath) async throws(HarkError) -> Report {
    guard ModelCopy.exists(backup) else {
      throw HarkError(.notFound, "cannot read the backup \(backup.escaped)")
    }
    let directory = try StateDirectory(path: path)
    do throws(HarkError) {
      let report = try await restore(backup, in: directory)
      try StateOwner.handOver(path)
      return report
    } catch {
      // The lock, which was made before, must not keep the directory's owner out.
      try? StateOwner.handOver(path)
      throw error
    }
  }

  private func restore(
    _ backup: FilePath, in directory: StateDirectory
  ) async throws(HarkError) -> Report {
    try refuseLibrary(directory)
    let place = Self.place(in: path)
    try remove(place)
    do throws(HarkError) {
      let report = try await unpack(backup, in: place)
      try await disk.run { () throws(HarkError) in try self.settle(place) }
      return report
    } catch {
      try? remove(place)
      throw error
    }
  }

  /// Where a backup is unpacked.
  private static func place(in state: FilePath) -> FilePath { state.appending("restoring") }

  /// Removes what a restore left that was killed. Returns whether it had not come to its end, so that
  /// the directory holds no library.
  static func removeLeftover(in directory: StateDirectory) throws(HarkError) -> Bool {
    let place = place(in: directory.path)
    guard ModelCopy.exists(place) else { return false }
    try StateRestore(path: directory.path).remove(place)
    return !ModelCopy.exists(directory.catalogue)
  }

  /// SQLite would play a log that is left of another catalogue into the restored one.
  private func refuseLibrary(_ directory: StateDirectory) throws(HarkError) {
    for file in Catalogue.files(at: directory.catalogue) {
      guard !ModelCopy.exists(file) else {
        throw HarkError(
          .invalidArgument, "\(path.escaped) holds a library already: \(file.escaped) is there",
          remedy: "give an empty directory with --state, or move what is in it away")
      }
    }
  }

  private func unpack(_ backup: FilePath, in place: FilePath) async throws(HarkError) -> Report {
    let unpacked = try StateDirectory(path: place)
    let manifest = try await disk.run { () throws(HarkError) in
      try BackupReader.unpack(backup, into: place)
    }
    guard manifest.entries.contains(where: { $0.name == "catalogue.sqlite" }) else {
      throw HarkError(.corrupt, "the backup \(backup.escaped) holds no catalogue")
    }
    let catalogue = try Catalogue(path: unpacked.catalogue)
    try await catalogue.forgetFileSystems()
    let check = try await StateCheck.report(on: catalogue, in: unpacked)
    try catalogue.close()
    if let problem = check.problems.first {
      throw HarkError(
        .corrupt, "the backup \(backup.escaped) has \(check.problems.count) problems",
        remedy: "use another backup", cause: problem)
    }
    return Report(
      hark: manifest.hark, files: check.files, recordings: check.recordings, rows: check.rows,
      bytes: manifest.entries.reduce(0) { $0 + $1.byteCount })
  }

  /// Moves the files to where they belong, the catalogue last.
  private func settle(_ place: FilePath) throws(HarkError) {
    for folder in ["model-copies", ""] {
      let from = folder.isEmpty ? place : place.appending(folder)
      let to = folder.isEmpty ? path : path.appending(folder)
      for name in try FileSystem.names(in: from).sorted()
      where name.hasSuffix(".hark") || name.hasSuffix(".safetensors") {
        try rename(from.appending(name), to.appending(name))
      }
      try FileSystem.system.synchronise(directory: to)
    }
    try rename(place.appending("catalogue.sqlite"), path.appending("catalogue.sqlite"))
    try FileSystem.system.synchronise(directory: path)
    try? remove(place)
  }

  private func rename(_ from: FilePath, _ to: FilePath) throws(HarkError) {
    try FileSystem.system.call("cannot make \(to.escaped)") { FileSystem.system.rename(from, to) }
  }

  private func remove(_ place: FilePath) throws(HarkError) {
    guard ModelCopy.exists(place) else { return }
    do {
      try FileManager.default.removeItem(atPath: place.string)
    } catch {
      throw HarkError(
        .system, "cannot remove \(place.escaped)", remedy: "remove it yourself", cause: "\(error)")
    }
  }
}
