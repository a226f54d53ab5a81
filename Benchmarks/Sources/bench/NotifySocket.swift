import Core
import Foundation
import Glibc
import SystemPackage

/// What systemd listens on: a daemon says there how it stands (sd_notify(3)).
final class NotifySocket {
  let path: FilePath
  private let descriptor: Int32

  init(in workplace: Workplace) throws {
    path = workplace.path.appending("notify")
    unlink(path.string)
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { target in
      target.copyBytes(from: path.bytes.prefix(target.count - 1))
    }
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard result == 0 else {
      let number = errno
      close(descriptor)
      throw HarkError.system("cannot listen at \(path.escaped)", errno: number)
    }
    var limit = timeval(tv_sec: 300, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(descriptor) }

  /// Waits until the daemon says that it is ready. Throws `system` after five minutes.
  func waitUntilReady() throws {
    var buffer = [UInt8](repeating: 0, count: 4_096)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count >= 0 else { throw HarkError.system("the daemon is not ready", errno: errno) }
      let lines = String(decoding: buffer[..<count], as: UTF8.self).split(separator: "\n")
      if lines.contains("READY=1") { return }
    }
  }
}
