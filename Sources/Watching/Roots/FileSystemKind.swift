import CLinux
import Core
import Glibc
import SystemPackage

/// What Hark knows about kinds of file systems, by statfs's `f_type` (statfs(2)).
enum FileSystemKind {
  /// Where changes made on another machine, or behind the kernel's back, raise no events.
  static func remoteName(_ type: UInt64) -> String? { remote[type] }

  /// Whether `f_fsid` comes from the file system's UUID.
  static func hasStableIdentifier(_ type: UInt64) -> Bool { stable.contains(type) }

  private static let remote: [UInt64: String] = [
    0x6969: "NFS", 0x517b: "SMB", 0xff53_4d42: "CIFS", 0xfe53_4d42: "SMB2", 0x6573_5546: "FUSE",
    0x0102_1997: "9P", 0x5346_414f: "AFS", 0x6b41_4653: "AFS", 0x00c3_6400: "Ceph",
    0x7375_7245: "Coda", 0x564c: "NCP", 0x786f_4256: "VirtualBox", 0x0bd0_0bd0: "Lustre",
    0x7461_636f: "OCFS2", 0x0116_1970: "GFS2", 0xbacb_acbc: "VMware",
  ]

  /// Not XFS and F2FS: theirs is the number of the block device (`xfs_fs_statfs`, `f2fs_statfs`).
  private static let stable: Set<UInt64> = [
    0xef53,  // ext2, ext3, ext4
    0x9123_683e,  // btrfs
    0x2fc1_2fc1,  // ZFS
    0xca45_1a4e,  // bcachefs
  ]
}

/// A directory's file system, asked of the kernel.
struct FileSystemProbe {
  var identity: FileSystemIdentity
  var mount: UInt64
  var device: UInt64
  var inode: UInt64
  var remoteName: String?

  /// Throws the errno of what failed.
  init(_ path: FilePath) throws(Errno) {
    // Opened for the moment of the question only: a descriptor would block unmounting.
    let file = path.withPlatformString {
      open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NONBLOCK)
    }
    guard file >= 0 else { throw Errno(rawValue: errno) }
    defer { close(file) }
    var system = hark_file_system()
    var own = hark_file_status()
    var above = hark_file_status()
    for result in [
      hark_file_system(file, &system), hark_status(file, "", 0, &own),
      hark_status(file, "..", 0, &above),
    ] where result != 0 {
      throw Errno(rawValue: result)
    }
    let identifier = FileSystemKind.hasStableIdentifier(system.type) ? system.identifier : 0
    identity = FileSystemIdentity(
      type: system.type, identifier: identifier, isMountPoint: own.mount != above.mount)
    mount = own.mount
    device = own.device
    inode = own.inode
    remoteName = FileSystemKind.remoteName(system.type)
  }
}
