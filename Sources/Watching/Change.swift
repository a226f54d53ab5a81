import Core
import SystemPackage

/// What the watcher tells. Paths are absolute and below a root's real path.
public enum Change: Hashable, Sendable {
  /// A settled file: new, changed, or merely seen again in a scan. The receiver compares size and
  /// modification time with what it knows.
  case found(FileObservation)
  /// A file exists and is still being written; `found` follows once it settles.
  case writing(FilePath)
  /// A rename within the watched folders: the file keeps its analysis.
  case moved(from: FilePath, FileObservation)
  case removed(FilePath)
  /// A directory was renamed within the watched folders: everything below keeps its analysis.
  case directoryMoved(from: FilePath, to: FilePath)
  case directoryRemoved(FilePath)
  /// Nothing below it can be seen; what was known stays.
  case directoryUnreadable(FilePath, reason: String)
  /// Mode, owner or times changed: a file that could not be read may be tried at once.
  case permissionsChanged(FileObservation)

  /// `real` is the root with symbolic links resolved; `identity` is to be recorded and passed in
  /// again (``WatchedRoot/recorded``).
  case rootOnline(FilePath, real: FilePath, identity: FileSystemIdentity)
  /// Its files are not deleted, only away.
  case rootOffline(FilePath, reason: String)
  /// Another root's scan comes by it, and tells its files from now on.
  case rootCovered(FilePath)
  /// It is no longer among the roots (``Watcher/watch(_:)``). What another root covers is told by that
  /// one; the rest is not deleted, only away.
  case rootDropped(FilePath)
  /// The reason says what to do.
  case rootUnreadable(FilePath, reason: String)
  /// A file system mounted below a root; `identity` is to be recorded.
  case mountOnline(FilePath, identity: FileSystemIdentity)
  case mountOffline(FilePath, reason: String)

  /// From here to ``scanFinished(_:)`` of the same path every file below is told once, as `found`
  /// or `writing`; what is not told is gone, unless it lies below an offline mount or an unreadable
  /// directory. Live changes may come in between.
  case scanStarted(FilePath)
  case scanFinished(FilePath)
  /// Parts below this root are looked through from time to time instead of being watched; the
  /// reason says why and what to do.
  case degraded(FilePath, reason: String)
  /// The root is watched in full again.
  case recovered(FilePath)
}
