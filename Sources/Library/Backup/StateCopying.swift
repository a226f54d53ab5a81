import Catalogue
import Core
import Fingerprint
import MappedFiles
import SystemPackage
import Threads
import VectorIndex

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Opens what a backup is made of. To be called while no analysis is recorded and nothing is compacted:
/// then the files are those that the copy of the catalogue refers to, and afterwards they only grow.
struct StateCopying: Sendable {
  let catalogue: Catalogue
  /// The state directory.
  let directory: FilePath
  private let disk = BlockingWork()

  init(catalogue: Catalogue, directory: FilePath) {
    self.catalogue = catalogue
    self.directory = directory
  }

  /// Where the copy of the catalogue lies until it is open.
  private static func copy(in directory: FilePath) -> FilePath {
    directory.appending("catalogue-copy.sqlite")
  }

  /// Removes the copy that a daemon left which was killed meanwhile.
  static func removeLeftover(in directory: FilePath) { remove(copy(in: directory)) }

  /// Throws `noSpace` if the copy of the catalogue does not fit beside it, `corrupt` for files that are
  /// not what the catalogue says, and what the system says.
  func open() async throws(HarkError) -> LibraryBackup {
    let path = Self.copy(in: directory)
    defer { Self.remove(path) }
    try await disk.run { [catalogue] () throws(HarkError) in
      // What an earlier one left that was killed.
      Self.remove(path)
      try catalogue.copy(to: path)
    }
    // What is in the backup is asked of the copy, and of nothing else.
    let copy = try Catalogue(path: path)
    let files: [CommittedFile]
    do throws(HarkError) {
      files = try await indexFiles(copy)
      try copy.close()
    } catch {
      try? copy.close()
      throw error
    }
    let file = try await disk.run { () throws(HarkError) in
      try Self.file("catalogue.sqlite", at: path)
    }
    return LibraryBackup(files: [file] + files, made: WallClock.now)
  }

  private func indexFiles(_ copy: Catalogue) async throws(HarkError) -> [CommittedFile] {
    var files: [CommittedFile] = []
    for model in try await copy.models() {
      let rows = try await copy.storedRows(of: model.id).rows
      files += try await disk.run { [directory] () throws(HarkError) in
        var files = try ModelIndex.committedFiles(
          directory: directory, model: model.id, rows: rows, generation: model.generation)
        let name = "\(model.id).safetensors"
        let path = directory.appending("model-copies").appending(name)
        if ModelCopy.exists(path) { files.append(try Self.file("model-copies/" + name, at: path)) }
        return files
      }
    }
    let parameters = FingerprintParameters()
    let stored = try await copy.storedLandmarks(version: parameters.version)
    let landmarks = try await disk.run { [directory] () throws(HarkError) in
      try LandmarkStore.committedFile(
        directory: directory, parameters: parameters, committed: stored.ranges,
        generation: stored.generation)
    }
    return files + [landmarks].compactMap { $0 }
  }

  private static func file(_ name: String, at path: FilePath) throws(HarkError) -> CommittedFile {
    let file = try OpenFile(path)
    return CommittedFile(name: name, byteCount: try file.byteCount()) {
      (offset, count) throws(HarkError) in
      try file.read(at: offset, count: count)
    }
  }

  private static func remove(_ path: FilePath) {
    for file in Catalogue.files(at: path) { _ = file.withPlatformString { unlink($0) } }
  }
}
