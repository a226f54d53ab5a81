import Core
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Connects to a Unix domain socket whose path is bytes, which SwiftNIO's own address is not.
enum UnixSocket {
  /// Why there is no connection.
  struct Failure: Error, Hashable {
    /// The system call's `errno`; `ENAMETOOLONG` for a path that no address holds.
    var number: Int32
  }

  /// A connected, non-blocking, close-on-exec descriptor, which the caller owns.
  ///
  /// Connecting to a Unix socket takes no round trip; it only fails with `EAGAIN` while the daemon's
  /// backlog is full.
  static func connect(to path: FilePath) throws(Failure) -> Int32 {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let bytes = path.bytes
    let capacity = MemoryLayout.size(ofValue: address.sun_path)
    guard bytes.count < capacity else { throw Failure(number: ENAMETOOLONG) }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let type = Int32(SOCK_STREAM.rawValue) | O_CLOEXEC | O_NONBLOCK
    let descriptor = socket(AF_UNIX, type, 0)
    guard descriptor >= 0 else { throw Failure(number: errno) }
    let length = socklen_t(MemoryLayout<sockaddr_un>.size)
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        systemConnect(descriptor, $0, length)
      }
    }
    guard result == 0 else {
      let number = errno
      close(descriptor)
      throw Failure(number: number)
    }
    return descriptor
  }
}

private func systemConnect(
  _ descriptor: Int32, _ address: UnsafePointer<sockaddr>, _ length: socklen_t
) -> Int32 {
  connect(descriptor, address, length)
}
