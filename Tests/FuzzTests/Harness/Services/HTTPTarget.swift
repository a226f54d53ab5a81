import Core
import Foundation
import Glibc
import Logging
import ServiceLifecycle
import SystemPackage

@testable import Server

/// Bytes on a connection to the daemon's socket, up to the library: the server is the real one.
struct HTTPTarget: FuzzTarget {
  static let name = "http"

  /// Milliseconds in which the server must have said something or ended the connection.
  private static let patience: Int32 = 60_000

  private let scratch: Scratch
  private let library = FakeLibrary()

  init() throws {
    scratch = try Scratch()
    var configuration = ServerConfiguration(spoolDirectory: scratch.directory)
    configuration.lingerTimeout = .milliseconds(20)
    configuration.bodyTimeout = .milliseconds(500)
    configuration.maximumAudioBytes = 1 << 20
    var logger = Logger(label: "fuzz")
    logger.logLevel = .critical
    let server = HarkServer(
      library: library, listeners: [try SocketListener(path: scratch.file("s"))],
      configuration: configuration, logger: logger)
    let services = ServiceGroup(
      configuration: .init(services: [.init(service: server)], logger: logger))
    Task.detached { try await services.run() }
  }

  func take(_ input: [UInt8]) {
    let answer = exchange(input)
    if !answer.isEmpty, !answer.starts(with: "HTTP/1.1 ".utf8) {
      broken("an answer is HTTP: \(String(decoding: answer.prefix(80), as: UTF8.self))")
    }
    library.with {
      $0.queries = []
      $0.fileQueries = []
      $0.analysed = []
      $0.rescans = []
      $0.tagged = []
      $0.identified = []
      $0.waits = []
      $0.forgotten = []
    }
    guard (input.first ?? 0) % 16 == 0 else { return }
    let status = exchange(Array("GET /v1/status HTTP/1.1\r\nHost: hark\r\n\r\n".utf8))
    guard status.starts(with: "HTTP/1.1 200".utf8) else { broken("others are still served") }
  }

  /// Sends everything, then reads to the end, or to the beginning of an event stream, which has none.
  private func exchange(_ bytes: [UInt8]) -> [UInt8] {
    let descriptor = connected()
    defer { close(descriptor) }
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes {
        send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
      }
      // The server may refuse before it has heard everything.
      guard count > 0 else { break }
      rest = rest.dropFirst(count)
    }
    shutdown(descriptor, Int32(SHUT_WR))
    var answer: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      guard poll(&entry, 1, Self.patience) > 0 else { broken("a connection gets its answer") }
      let count = recv(descriptor, &buffer, buffer.count, 0)
      guard count > 0 else { return answer }
      answer += buffer.prefix(count)
      if String(decoding: answer.suffix(1 << 17), as: UTF8.self).contains("text/event-stream") {
        return answer
      }
    }
  }

  private func connected() -> Int32 {
    let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) {
      $0.copyBytes(from: (scratch.path + "/s").utf8)
    }
    // The listener is there from the first, whether or not the server has begun to accept.
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard result == 0 else { broken("the server listens: errno \(errno)") }
    return descriptor
  }

  static func seeds() throws -> [[UInt8]] {
    func post(_ target: String, _ body: String, _ type: String = "application/json") -> String {
      "POST \(target) HTTP/1.1\r\nHost: hark\r\nContent-Type: \(type)\r\n"
        + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
    }
    let id = String(repeating: "a", count: 60) + "0001"
    let get = " HTTP/1.1\r\nHost: hark\r\n\r\n"
    return [
      "GET /v1/status" + get + "GET /metrics" + get + "GET /openapi.json" + get,
      "GET /v1/files?limit=2&under=/music&state=failed&cursor=AA" + get,
      "GET /v1/recordings/\(id)" + get + "GET /v1/recordings?limit=1" + get,
      "GET /v1/recordings/\(id)/tags?limit=1" + get + "GET /v1/events" + get,
      post("/v1/tags", "{\"path\":\"/music/a.flac\"}") + "GET /v1/models/\(id)" + get,
      "GET /v1/duplicates?wait=0.1&limit=2" + get + "GET /v1/models" + get + "GET /v1/backup" + get,
      post(
        "/v1/similar",
        "{\"like\":[{\"path\":\"/music/a.flac\",\"from\":0,\"to\":1},{\"id\":\"\(id)\"}],"
          + "\"unlike\":[{\"path_base64\":\"L2E=\"}],\"filter\":{\"under\":\"/m\","
          + "\"duration\":{\"min\":1,\"max\":1e3}},\"k\":5}"),
      post("/v1/similar?k=3&unlike=/music/a.flac&from=0&to=1", "RIFF....WAVE", "audio/wav"),
      post("/v1/identify?expect=2", "abc", "application/octet-stream"),
      post("/v1/identify", "{\"id\":\"\(id)\",\"expect\":2}"),
      post("/v1/rescan", "{\"under\":\"/music/x\"}") + post("/v1/forget", "{\"path\":\"/a\"}"),
      "POST /v1/similar HTTP/1.1\r\nHost: hark\r\nTransfer-Encoding: chunked\r\n"
        + "Content-Type: application/json\r\nExpect: 100-continue\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
      "HEAD /v1/status HTTP/1.0\r\n\r\n", "OPTIONS * HTTP/1.1\r\nHost: hark\r\n\r\n",
    ].map { Array($0.utf8) }
  }
}
