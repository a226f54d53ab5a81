import Catalogue
import Core
import Foundation
import SystemPackage
import Watching

/// What the catalogue remembers about the watched folders' file systems, in the watcher's terms.
struct SeenRoots: Sendable {
  let catalogue: Catalogue

  /// A root, and where it really lay when it was last online.
  struct Root: Sendable {
    var root: WatchedRoot
    var real: FilePath
  }

  /// The roots with what earlier runs recorded about them.
  func watchedRoots(_ paths: [FilePath]) async throws(HarkError) -> [Root] {
    let seen = try await catalogue.fileSystems()
    var roots: [Root] = []
    for path in paths {
      let own = seen.first { $0.path == path && $0.root == path }
      let real = own?.real ?? path
      roots.append(
        Root(
          root: WatchedRoot(
            path: path, recorded: own.flatMap { Self.decode($0.identity) },
            mounts: Self.mounts(below: real, in: seen),
            hasFiles: try await catalogue.hasFiles(below: real)), real: real))
    }
    return roots
  }

  /// What was mounted below `directory`, whichever root it was recorded for: of nested roots that is the
  /// innermost, which only the outer one's scan comes by.
  private static func mounts(
    below directory: FilePath, in seen: [SeenFileSystem]
  ) -> [FilePath: FileSystemIdentity] {
    var mounts: [FilePath: FileSystemIdentity] = [:]
    for system in seen {
      let isRoot = system.root == system.path
      let place = isRoot ? system.real : system.path
      guard place != directory, place.isAtOrBelow(directory),
        let identity = decode(system.identity), !isRoot || identity.isMountPoint
      else { continue }
      mounts[place] = identity
    }
    return mounts
  }

  /// Remembers a root, or a mount below it, that is online.
  func record(
    _ path: FilePath, root: FilePath, real: FilePath, _ identity: FileSystemIdentity
  ) async throws(HarkError) {
    guard let data = try? JSONEncoder().encode(identity) else { return }
    try await catalogue.record(
      SeenFileSystem(
        path: path, root: root, real: real, identity: String(decoding: data, as: UTF8.self)))
  }

  private static func decode(_ text: String) -> FileSystemIdentity? {
    try? JSONDecoder().decode(FileSystemIdentity.self, from: Data(text.utf8))
  }
}
