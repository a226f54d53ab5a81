import Core
import SystemPackage

/// A regular file as it was seen at one moment.
public struct FileObservation: Hashable, Sendable {
  /// Absolute, below its root's real path.
  public var path: FilePath
  /// Bytes.
  public var size: Int64
  /// Modification time in nanoseconds since 1970-01-01 UTC.
  public var modified: Int64
  /// Device and inode recognise a renamed file; both may change when the machine restarts.
  public var device: UInt64
  public var inode: UInt64
  /// Whether this process may read it.
  public var isReadable: Bool

  public init(
    path: FilePath, size: Int64, modified: Int64, device: UInt64, inode: UInt64, isReadable: Bool
  ) {
    self.path = path
    self.size = size
    self.modified = modified
    self.device = device
    self.inode = inode
    self.isReadable = isReadable
  }
}
