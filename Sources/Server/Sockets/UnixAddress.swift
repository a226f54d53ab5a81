import Core
import Glibc
import SystemPackage

/// The address of a Unix domain socket (unix(7)).
struct UnixAddress: Hashable, Sendable {
  /// Bytes that a path may have: `sun_path` holds 108 with the NUL.
  static let maximumLength = 107

  /// A path's bytes, or a NUL and a name in the abstract namespace.
  let bytes: [UInt8]

  /// Throws `invalidArgument` for a path that is empty or longer than ``maximumLength``.
  init(_ path: FilePath) throws(HarkError) {
    guard !path.isEmpty, path.bytes.count <= Self.maximumLength else {
      throw HarkError(
        .invalidArgument,
        "the socket path \(path.escaped) has \(path.bytes.count) bytes; Linux takes 1 to "
          + "\(Self.maximumLength)",
        remedy: "choose a shorter path")
    }
    bytes = path.bytes
  }

  /// An address as `NOTIFY_SOCKET` holds it: an absolute path, or `@` and an abstract name.
  init?(notifySocket text: String) {
    let utf8 = Array(text.utf8)
    guard utf8.count > 1, utf8.count <= Self.maximumLength else { return nil }
    switch utf8[0] {
    case UInt8(ascii: "/"): bytes = utf8
    case UInt8(ascii: "@"): bytes = [0] + utf8.dropFirst()
    default: return nil
    }
  }

  /// Calls `body` with the address as the kernel takes it.
  func withSockaddr<Value>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> Value) -> Value {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let isAbstract = bytes.first == 0
    let length = MemoryLayout.offset(of: \sockaddr_un.sun_path).map {
      // An abstract name has no end but its length; a path ends with a NUL.
      socklen_t($0 + bytes.count + (isAbstract ? 0 : 1))
    }
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, length ?? socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
  }
}
