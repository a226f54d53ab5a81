import Core
import Glibc
import SystemPackage

/// A Unix domain socket that is bound and listens, ready to be served by ``HarkServer``.
///
/// Binding never takes a socket away from another daemon: the lock beside it comes first, then a
/// look at whether somebody answers there, and at the end only a socket that was made here is
/// removed.
public final class SocketListener: Sendable {
  /// Where it listens, if it has a path.
  public let path: FilePath?
  /// The listening socket. ``HarkServer`` closes it.
  let descriptor: FileDescriptor
  private let lock: LockFile?
  /// The inode that was made here, so that nothing else is ever removed.
  private let made: Inode?

  private struct Inode: Hashable {
    var device: UInt64
    var number: UInt64
  }

  /// Makes a socket at `path` and listens. A missing last directory is made.
  ///
  /// - Parameters:
  ///   - mode: permissions: whoever may write may ask. They hold before anybody can connect.
  ///   - group: owner group by number; `nil` leaves the process's own.
  /// - Throws: `locked` if another daemon serves the path, `invalidArgument` if the path is too long
  ///   or something else than a socket lies there, and what the system says.
  public init(
    path: FilePath, mode: FilePermissions = [.ownerReadWrite, .groupReadWrite],
    group: UInt32? = nil
  ) throws(HarkError) {
    let address = try UnixAddress(path)
    try Self.makeDirectory(path.removingLastComponent())
    let lock = try LockFile(besideSocket: path)
    try Self.removeStale(path, address)
    let descriptor = try Self.newSocket()
    do throws(HarkError) {
      made = try Self.bind(descriptor, path, address, mode: mode, group: group)
    } catch {
      try? descriptor.close()
      throw error
    }
    self.descriptor = descriptor
    self.path = path
    self.lock = lock
  }

  /// Takes over a listening socket that somebody else made, such as systemd. It stays when the
  /// daemon stops.
  ///
  /// - Throws: `locked` if another daemon serves its path, `invalidArgument` if the descriptor is
  ///   not a listening Unix stream socket.
  public init(adopting descriptor: FileDescriptor) throws(HarkError) {
    guard Self.option(descriptor, SO_DOMAIN) == AF_UNIX,
      Self.option(descriptor, SO_TYPE) == Int32(SOCK_STREAM.rawValue),
      Self.option(descriptor, SO_ACCEPTCONN) == 1
    else {
      throw HarkError(
        .invalidArgument,
        "descriptor \(descriptor.rawValue) is not a listening Unix stream socket",
        remedy: "use ListenStream= with a path and Accept=no in the socket unit")
    }
    path = Self.boundPath(descriptor)
    made = nil
    do throws(HarkError) {
      lock = try path.map { path throws(HarkError) in try LockFile(besideSocket: path) }
    } catch  where error.code == .locked {
      throw error
    } catch {
      // The directory belongs to whoever made the socket, and need not be ours to write to.
      lock = nil
    }
    self.descriptor = descriptor
  }

  /// Gives up the path, once nothing is served on it any more. A socket that was made here is
  /// removed, unless something else has taken its place.
  func release() {
    if let path, let made, Self.inode(path) == made {
      _ = path.withPlatformString { unlink($0) }
    }
    lock?.release()
  }

  /// Closes a listener that was never served.
  public func discard() {
    try? descriptor.close()
    release()
  }

  private static func makeDirectory(_ path: FilePath) throws(HarkError) {
    guard !path.isEmpty, path.withPlatformString({ mkdir($0, 0o755) }) != 0, errno != EEXIST else {
      return
    }
    let number = errno
    // On a read-only parent mkdir fails even where the directory is there.
    guard path.withPlatformString({ access($0, F_OK) }) != 0 else { return }
    throw HarkError.system(
      "the socket's directory \(path.escaped) cannot be made", errno: number,
      remedy: "make it, or choose another socket")
  }

  /// Removes a socket on which nobody listens. The lock must be held.
  private static func removeStale(_ path: FilePath, _ address: UnixAddress) throws(HarkError) {
    var status = stat()
    guard path.withPlatformString({ lstat($0, &status) }) == 0 else { return }
    guard status.st_mode & S_IFMT == S_IFSOCK else {
      throw HarkError(
        .invalidArgument, "\(path.escaped) is there already and is not a socket",
        remedy: "move it away, or choose another socket")
    }
    let probe = try newSocket()
    defer { try? probe.close() }
    let result = address.withSockaddr { connect(probe.rawValue, $0, $1) }
    // A full backlog (EAGAIN) is somebody, too; only a refusal says that nobody is there.
    guard result != 0, errno == ECONNREFUSED else {
      throw HarkError(
        .locked, "another process serves \(path.escaped)",
        remedy: "stop it first (systemctl stop harkd.socket, if systemd made the socket), "
          + "or choose another socket")
    }
    guard path.withPlatformString({ unlink($0) }) == 0 || errno == ENOENT else {
      throw HarkError.system("the stale socket \(path.escaped) cannot be removed", errno: errno)
    }
  }

  private static func newSocket() throws(HarkError) -> FileDescriptor {
    let kind = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    let number = socket(AF_UNIX, kind, 0)
    guard number >= 0 else { throw HarkError.system("no socket can be made", errno: errno) }
    return FileDescriptor(rawValue: number)
  }

  private static func bind(
    _ descriptor: FileDescriptor, _ path: FilePath, _ address: UnixAddress, mode: FilePermissions,
    group: UInt32?
  ) throws(HarkError) -> Inode {
    // Linux gives the new file the descriptor's mode, less the umask: nobody else gets in between.
    _ = fchmod(descriptor.rawValue, 0o600)
    guard address.withSockaddr({ Glibc.bind(descriptor.rawValue, $0, $1) }) == 0 else {
      throw HarkError.system(
        "the socket \(path.escaped) cannot be made", errno: errno,
        remedy: "make its directory writable for the daemon, or choose another socket")
    }
    let inode = inode(path)
    do throws(HarkError) {
      if let group, path.withPlatformString({ lchown($0, uid_t.max, group) }) != 0 {
        throw HarkError.system(
          "the socket \(path.escaped) cannot be given to group \(group)", errno: errno,
          remedy: "run the daemon as a member of that group")
      }
      guard path.withPlatformString({ chmod($0, mode_t(mode.rawValue)) }) == 0,
        listen(descriptor.rawValue, SOMAXCONN) == 0, let inode
      else {
        throw HarkError.system("the socket \(path.escaped) cannot be opened", errno: errno)
      }
      return inode
    } catch {
      if inode != nil, inode == Self.inode(path) { _ = path.withPlatformString { unlink($0) } }
      throw error
    }
  }

  private static func inode(_ path: FilePath) -> Inode? {
    var status = stat()
    guard path.withPlatformString({ lstat($0, &status) }) == 0 else { return nil }
    return Inode(device: UInt64(status.st_dev), number: UInt64(status.st_ino))
  }

  private static func option(_ descriptor: FileDescriptor, _ name: Int32) -> Int32? {
    var value: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    guard getsockopt(descriptor.rawValue, SOL_SOCKET, name, &value, &length) == 0 else {
      return nil
    }
    return value
  }

  private static func boundPath(_ descriptor: FileDescriptor) -> FilePath? {
    var address = sockaddr_un()
    var length = socklen_t(MemoryLayout<sockaddr_un>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(descriptor.rawValue, $0, &length)
      }
    }
    guard result == 0 else { return nil }
    let bytes = withUnsafeBytes(of: &address.sun_path) { Array($0.prefix { $0 != 0 }) }
    return bytes.isEmpty ? nil : FilePath(bytes: bytes)
  }
}
