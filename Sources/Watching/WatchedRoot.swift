import Core
import SystemPackage

/// A folder to watch, and what earlier runs recorded about it.
public struct WatchedRoot: Hashable, Sendable {
  /// As the user wrote it; made absolute by the caller.
  public var path: FilePath
  /// Its file system when it was last online.
  public var recorded: FileSystemIdentity?
  /// File systems that were mounted below it, by path.
  public var mounts: [FilePath: FileSystemIdentity]
  /// Whether files below it are known: an empty folder is then *offline*, not emptied.
  public var hasFiles: Bool

  public init(
    path: FilePath, recorded: FileSystemIdentity? = nil,
    mounts: [FilePath: FileSystemIdentity] = [:], hasFiles: Bool = false
  ) {
    self.path = path
    self.recorded = recorded
    self.mounts = mounts
    self.hasFiles = hasFiles
  }
}

/// What recognises a file system after a restart of the machine.
///
/// `identifier` is statfs's `f_fsid` where the file system derives it from its UUID; where it
/// comes from a device number, which changes, it is 0, and only the type and the fact that
/// something is mounted are compared.
public struct FileSystemIdentity: Hashable, Sendable, Codable {
  /// statfs's `f_type`.
  public var type: UInt64
  public var identifier: UInt64
  /// Whether the directory itself is where the file system is mounted.
  public var isMountPoint: Bool

  public init(type: UInt64, identifier: UInt64, isMountPoint: Bool) {
    self.type = type
    self.identifier = identifier
    self.isMountPoint = isMountPoint
  }

  /// Whether this may be the file system that was `recorded`.
  func matches(_ recorded: FileSystemIdentity) -> Bool {
    guard type == recorded.type else { return false }
    // With a UUID the mount point may move; without one it is all there is to tell, whatever identifier
    // was recorded by a version that took a device's number for one.
    guard FileSystemKind.hasStableIdentifier(type), identifier | recorded.identifier != 0 else {
      return isMountPoint == recorded.isMountPoint
    }
    return identifier == recorded.identifier
  }
}
