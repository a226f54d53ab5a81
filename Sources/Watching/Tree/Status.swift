import CLinux
import Core
import Glibc
import SystemPackage

/// What the kernel says about a path.
struct Status {
  private let found: hark_file_status

  /// `nil` if there is nothing, or nothing that may be looked at.
  init?(_ path: FilePath, follow: Bool) {
    guard let status = try? Self.look(path, follow: follow) else { return nil }
    self = status
  }

  /// What `path` leads to, and whether it is a symbolic link itself; `nil` if there is nothing. Throws
  /// the errno where there may be something that cannot be looked at.
  static func resolved(_ path: FilePath) throws(Errno) -> (status: Status, isLink: Bool)? {
    guard let own = try look(path, follow: false) else { return nil }
    guard own.isLink else { return (own, false) }
    guard let target = try look(path, follow: true) else { return nil }
    return (target, true)
  }

  private static func look(_ path: FilePath, follow: Bool) throws(Errno) -> Status? {
    var found = hark_file_status()
    let result = path.withPlatformString { hark_status(AT_FDCWD, $0, follow ? 1 : 0, &found) }
    switch result {
    case 0: return Status(found: found)
    case ENOENT, ENOTDIR, ELOOP, ENAMETOOLONG: return nil
    default: throw Errno(rawValue: result)
    }
  }

  private init(found: hark_file_status) { self.found = found }

  var isFile: Bool { found.mode & S_IFMT == S_IFREG }
  var isDirectory: Bool { found.mode & S_IFMT == S_IFDIR }
  var isLink: Bool { found.mode & S_IFMT == S_IFLNK }
  var identity: DirectoryIdentity { DirectoryIdentity(device: found.device, inode: found.inode) }
  var mount: UInt64 { found.mount }
  var size: Int64 { found.size }
  /// Nanoseconds since 1970.
  var modified: Int64 { found.modified_nanoseconds }
  var device: UInt64 { found.device }
  var inode: UInt64 { found.inode }
  var links: UInt32 { found.links }
}

extension FileObservation {
  init(_ path: FilePath, _ status: Status) {
    self.init(
      path: path, size: status.size, modified: status.modified, device: status.device,
      inode: status.inode,
      isReadable: path.withPlatformString { faccessat(AT_FDCWD, $0, R_OK, AT_EACCESS) } == 0)
  }
}
