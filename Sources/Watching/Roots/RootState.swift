import Core
import SystemPackage

/// What the thread knows about one root.
final class RootState {
  enum Phase: Equatable {
    case unknown
    case online
    case offline(String)
    case unreadable(String)
    /// It lies below another root, which tells its files.
    case covered
  }

  /// A file system mounted below the root.
  struct Mount {
    var identity: FileSystemIdentity
    /// The kernel's number while it is online.
    var number: UInt64?
    /// Why it is offline, once that has been told.
    var offline: String?
    /// Whether the scan that is running has come by.
    var isSeen = false
  }

  let configured: FilePath
  var real: FilePath?
  var phase = Phase.unknown
  var identity: FileSystemIdentity?
  var mountNumber: UInt64 = 0
  var mounts: [FilePath: Mount]
  /// An empty folder is offline if there were files before.
  var hasFiles: Bool
  var node: DirectoryNode?
  /// Symbolic links to directories that the running scan has put off.
  var links: [(parent: DirectoryNode, name: [UInt8])] = []

  /// Why a file system that tells of no changes has to be polled.
  var remoteReason: String?
  /// Why parts of it are polled: found in the running scan, and told before.
  var pollReason: String?
  var toldReason: String?
  /// When to look again, if it is not watched in full.
  var nextLook: UInt64?

  init(_ root: WatchedRoot) {
    configured = root.path
    identity = root.recorded
    hasFiles = root.hasFiles
    mounts = root.mounts.mapValues { Mount(identity: $0) }
  }
}
