import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// What is no HTTP, or nearly some: a refusal or a close, never a crash.
  @Suite struct MalformedTests {
    private static let requests = [
      "GET /v1/status HTTP/1.1\r\nHost: localhost\r\nAccept: application/json\r\n\r\n",
      "GET /v1/files?limit=3&under=/music%20x HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "HEAD /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
      "POST /v1/similar HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        + "Content-Length: 30\r\n\r\n{\"like\":[{\"path\":\"/a\"}],\"k\":3}",
      "POST /v1/tags HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        + "Transfer-Encoding: chunked\r\n\r\n8\r\n{\"path\":\r\n5\r\n\"/a\"}\r\n0\r\n\r\n",
      "POST /v1/rescan HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\n"
        + "Content-Length: 2\r\n\r\n{}",
    ]

    private static let written = [
      "\r\n\r\n", "\0\0\0\0", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "GET /\r\n\r\n",
      "get /v1/status http/1.1\r\n\r\n", "GET  /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET /v1/status HTTP/1.1\r\nHost localhost\r\n\r\n",
      "GET /v1/status HTTP/1.1\r\n Host: localhost\r\n\r\n",
      "GET /v1/status HTTP/1.1\r\n: localhost\r\n\r\n",
      "GET /v1/status HTTP/1.1\r\nHost: local\0host\r\n\r\n",
      "GET /v1/../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET /v1/recordings/%ff%00 HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET /v1/files?limit=99999999999999999999 HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET /v1/files?%zz HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "GET http://evil.test/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "CONNECT localhost:80 HTTP/1.1\r\nHost: localhost\r\n\r\n",
      "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "\u{16}\u{3}\u{1}\u{2}\0\u{1}\0\u{1}\u{fc}\u{3}\u{3}",
      "POST /v1/rescan HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\n"
        + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "POST /v1/rescan HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n"
        + "ffffffffffffffff\r\n",
      "POST /v1/rescan HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip\r\n\r\n{}",
      "POST /v1/rescan HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999999999999999\r\n\r\n",
      "POST /v1/rescan HTTP/1.1\r\nHost: localhost\r\nContent-Length: +2\r\n\r\n{}",
      "GET /v1/status HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
    ]

    /// What came back is empty, or begins with one answer that is no fault of the daemon's.
    private func send(_ bytes: [UInt8], _ home: DaemonProcess.Home) async throws -> Int? {
      let connection = try RawConnection(home.socket.path)
      try await connection.send(bytes)
      connection.finishSending()
      let answer = try await connection.read()
      guard !answer.isEmpty else { return nil }
      let parts = answer.split(separator: " ", maxSplits: 2)
      let status = parts.count > 1 && parts[0] == "HTTP/1.1" ? Int(parts[1]) : nil
      let text = String(decoding: bytes, as: UTF8.self)
      #expect(status.map { (100..<500).contains($0) } == true, "\(text) gives \(answer)")
      return status
    }

    @Test func badRequestsAreRefusedOrClosed() async throws {
      let home = try DaemonProcess.Home(settings: "settle: 0.1\nworkers: 1\nidle-timeout: 5\n")
      let daemon = try await DaemonProcess.start(home)
      for text in Self.written {
        _ = try await send(Array(text.utf8), home)
      }
      #expect(try await daemon.hark("status").status == 0)
      #expect(try await daemon.stop() == 0)
    }

    /// Requests that are right but for some bytes, by chance.
    @Test func nearlyRightRequestsAreAnsweredOrClosed() async throws {
      let home = try DaemonProcess.Home(settings: "settle: 0.1\nworkers: 1\nidle-timeout: 5\n")
      let daemon = try await DaemonProcess.start(home)
      var random = SplitMix64(seed: 20_26)
      let pieces = [
        "\r\n", "\n", "\r", "\0", ":", " ", "0", "-1", "%", "chunked", "\u{ff}", "{", "[[",
      ]
      let count = 600
      var refused = 0
      for number in 0..<count {
        var bytes = Array(Self.requests[number % Self.requests.count].utf8)
        for _ in 0..<Int.random(in: 1...4, using: &random) {
          let place = Int.random(in: 0..<bytes.count, using: &random)
          let end = min(bytes.count, place + Int.random(in: 1...8, using: &random))
          switch Int.random(in: 0..<5, using: &random) {
          case 0: bytes[place] = .random(in: 0...255, using: &random)
          case 1: bytes.remove(at: place)
          case 2: bytes.insert(contentsOf: pieces.randomElement(using: &random)!.utf8, at: place)
          case 3: bytes.insert(contentsOf: bytes[place..<end], at: place)
          default: bytes.removeSubrange(place..<end)
          }
          if bytes.isEmpty { bytes = [0] }
        }
        if let status = try await send(bytes, home), status >= 400 { refused += 1 }
      }
      #expect(refused > count / 4)
      #expect(daemon.process.isRunning)
      #expect(try await daemon.hark("status").status == 0)
      Figures.report("mutated requests sent", count)
      Figures.report("of them refused", refused)
      #expect(try await daemon.stop() == 0)
    }
  }
}
