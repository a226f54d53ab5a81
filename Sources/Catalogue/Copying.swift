import Core
import GRDB
import SystemPackage

extension Catalogue {
  /// The files of a catalogue: itself, and what SQLite may keep beside it.
  public static func files(at path: FilePath) -> [FilePath] {
    ["", "-wal", "-shm", "-journal"].map { FilePath(bytes: path.bytes + Array($0.utf8)) }
  }

  /// Copies the catalogue as it is at one moment to a file that is not there yet, with SQLite's own
  /// backup. Reading and writing go on meanwhile. Blocks. Complexity: O(size of the file).
  ///
  /// Throws `noSpace` and what else SQLite says; then an incomplete file may be left.
  public func copy(to target: FilePath) throws(HarkError) {
    guard let text = target.utf8Text else {
      throw HarkError(.unsupported, "the path is not valid UTF-8: \(target.escaped)")
    }
    do {
      let copy = try DatabaseQueue(path: text)
      try database.backup(to: copy)
      try copy.close()
    } catch {
      throw Self.translate(error, path: target)
    }
  }

  /// Forgets which file systems the watched folders lay on: after a move to another machine they lie
  /// on others. Which files there are, and that a folder was not empty, stays known.
  public func forgetFileSystems() async throws(HarkError) {
    try await write { db in try db.execute(sql: "DELETE FROM fileSystem") }
  }
}
