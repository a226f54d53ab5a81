import Foundation
import Glibc
import SystemPackage

/// A client's end of a Unix socket, byte by byte. Its blocking calls run on threads of their own.
public final class RawConnection: @unchecked Sendable {
  // Safe: the descriptor never changes, and the kernel orders what is done with it.
  private let descriptor: Int32

  public struct Failed: Error, CustomStringConvertible {
    public var description: String
    public init(description: String) { self.description = description }
  }

  public init(_ path: String) throws {
    descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard result == 0 else { throw Failed(description: "connect: errno \(errno)") }
    var limit = timeval(tv_sec: 180, tv_usec: 0)
    setsockopt(
      descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(
      descriptor, SOL_SOCKET, SO_SNDTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { Glibc.close(descriptor) }

  private func onThread<Value: Sendable>(
    _ body: @escaping @Sendable () throws -> Value
  ) async throws -> Value {
    try await withCheckedThrowingContinuation { continuation in
      Thread.detachNewThread { continuation.resume(with: Result { try body() }) }
    }
  }

  /// Sends everything; `false` if the other side does not take it.
  @discardableResult public func send(_ bytes: [UInt8]) async throws -> Bool {
    try await onThread { [descriptor] in
      var rest = bytes[...]
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes {
          Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
        }
        guard count > 0 else { return false }
        rest = rest.dropFirst(count)
      }
      return true
    }
  }

  @discardableResult public func send(_ text: String) async throws -> Bool {
    try await send(Array(text.utf8))
  }

  public func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

  /// Waits, without reading, until the other side has closed; `false` if it does not.
  public func waitForHangUp() async throws -> Bool {
    try await onThread { [descriptor] in
      var entry = pollfd(fd: descriptor, events: 0, revents: 0)
      return poll(&entry, 1, 20_000) == 1 && entry.revents & Int16(POLLHUP) != 0
    }
  }

  /// Reads until `end` has appeared, or to the end of the stream.
  public func read(until end: String? = nil) async throws -> String {
    try await onThread { [descriptor] in
      var all: [UInt8] = []
      var buffer = [UInt8](repeating: 0, count: 1 << 16)
      while true {
        if let end, String(decoding: all, as: UTF8.self).contains(end) { break }
        let count = recv(descriptor, &buffer, buffer.count, 0)
        if count == 0 { break }
        guard count > 0 else {
          if errno == ECONNRESET { break }
          throw Failed(
            description: "recv: errno \(errno) after \(String(decoding: all, as: UTF8.self))")
        }
        all += buffer.prefix(count)
      }
      return String(decoding: all, as: UTF8.self)
    }
  }
}
