import API
import Core
import Foundation
import Glibc
import SystemPackage

/// A client on one connection that is kept alive: a blocking Unix domain socket and just enough
/// HTTP/1.1 for Hark's answers, so that next to nothing but the daemon is measured.
final class SocketClient {
  struct Answer {
    var status: Int
    var body: [UInt8]
  }

  private let descriptor: Int32
  private var buffer: [UInt8] = []

  init(path: FilePath) throws {
    descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { target in
      target.copyBytes(from: path.bytes.prefix(target.count - 1))
    }
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard result == 0 else {
      let number = errno
      close(descriptor)
      throw HarkError.system("cannot reach \(path.escaped)", errno: number)
    }
    // A daemon that hangs must end the benchmark, not hang it too.
    var limit = timeval(tv_sec: 60, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(descriptor) }

  func get(_ path: String) throws -> Answer { try exchange(request("GET", path, [])) }

  func similar(to path: FilePath, count: Int) throws -> Answer {
    try exchange(similarRequest(to: path, count: count))
  }

  /// The bytes of a query, so that making them need not be timed.
  func similarRequest(to path: FilePath, count: Int) throws -> [UInt8] {
    let query = Wire.SimilarRequest(like: [Wire.Seed(path: path)], k: count)
    return request("POST", "/v1/similar", try WireJSON.encode(query))
  }

  func status() throws -> Wire.Status {
    try JSONDecoder().decode(Wire.Status.self, from: Data(get("/v1/status").body))
  }

  private func request(_ method: String, _ path: String, _ body: [UInt8]) -> [UInt8] {
    let head =
      "\(method) \(path) HTTP/1.1\r\nhost: hark\r\n"
      + "content-type: application/json\r\ncontent-length: \(body.count)\r\n\r\n"
    return Array(head.utf8) + body
  }

  /// Sends a request and reads the answer to its end.
  func exchange(_ request: [UInt8]) throws -> Answer {
    var sent = 0
    while sent < request.count {
      let count = request[sent...].withUnsafeBytes {
        send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { throw HarkError.system("cannot send", errno: errno) }
      sent += count
    }
    buffer.removeAll(keepingCapacity: true)
    let end = Array("\r\n\r\n".utf8)
    while true {
      try receive()
      guard let range = buffer.firstRange(of: end) else { continue }
      let head = String(decoding: buffer[..<range.lowerBound], as: UTF8.self).lowercased()
      let lines = head.split(separator: "\r\n")
      let length = lines.first { $0.hasPrefix("content-length:") }
        .flatMap { Int($0.dropFirst(15).trimmingCharacters(in: .whitespaces)) }
      guard let length, let status = lines.first?.split(separator: " ").dropFirst().first,
        let status = Int(status)
      else { throw HarkError(.unsupported, "an answer without a length: \(head)") }
      while buffer.count < range.upperBound + length { try receive() }
      return Answer(
        status: status, body: Array(buffer[range.upperBound..<range.upperBound + length]))
    }
  }

  private func receive() throws {
    let size = buffer.count
    buffer.append(contentsOf: repeatElement(0, count: 65_536))
    let count = buffer.withUnsafeMutableBytes {
      recv(descriptor, $0.baseAddress.map { $0 + size }, 65_536, 0)
    }
    let number = errno
    buffer.removeLast(65_536 - max(0, count))
    guard count > 0 else {
      throw count == 0
        ? HarkError(.unavailable, "the daemon closed the connection")
        : HarkError.system("cannot receive", errno: number)
    }
  }
}
