import Foundation
import Glibc

/// Many connections of a client that never waits: what the other side does not take is dropped, and
/// nothing is read.
public final class Crowd: Sendable {
  private let descriptors: [Int32]

  /// Connects so often. The limit of descriptors is raised where it has to be.
  public init(_ count: Int, to path: String) throws {
    var limit = rlimit()
    let resource = __rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue))
    getrlimit(resource, &limit)
    if limit.rlim_cur < 8_192 {
      limit.rlim_cur = min(8_192, limit.rlim_max)
      setrlimit(resource, &limit)
    }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    var made: [Int32] = []
    for number in 0..<count {
      let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
      let result = withUnsafePointer(to: &address) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
        }
      }
      guard descriptor >= 0, result == 0 else {
        let reason = String(cString: strerror(errno))
        for descriptor in made + [descriptor] { close(descriptor) }
        throw Unmet(description: "connection \(number): \(reason)")
      }
      made.append(descriptor)
    }
    descriptors = made
  }

  deinit { for descriptor in descriptors { close(descriptor) } }

  /// Sends `text` over each, as far as the other side takes it at once.
  public func send(_ text: String) { send(Array(text.utf8)) }

  public func send(_ bytes: [UInt8]) {
    for descriptor in descriptors {
      _ = Glibc.send(
        descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
    }
  }

  /// Closes the sending side of each.
  public func finishSending() {
    for descriptor in descriptors { shutdown(descriptor, Int32(SHUT_WR)) }
  }

  /// How many the other side has not closed.
  public var open: Int {
    descriptors.count { descriptor in
      var entry = pollfd(fd: descriptor, events: 0, revents: 0)
      return poll(&entry, 1, 0) == 0 || entry.revents & Int16(POLLHUP) == 0
    }
  }
}
