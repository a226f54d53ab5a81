import API
import Core
import Glibc

@testable import Command

/// What answers at the socket, as `hark` reads it: HTTP, JSON that becomes tables and playlists, and
/// event streams.
///
/// The first byte says which: a whole HTTP answer, a stream of events, or JSON of one of the answers.
struct AnswerTarget: FuzzTarget {
  static let name = "answers"

  init() throws {}

  static func seeds() throws -> [[UInt8]] {
    [
      "\u{0}HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
      "\u{0}HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
      "\u{1}: hello\n\nevent: added\nid: 7\ndata: {\"a\":1}\r\ndata: b\r\rretry: 3\n\n",
    ].map { Array($0.utf8) }
  }

  func take(_ input: [UInt8]) {
    let bytes = Array(input.dropFirst())
    switch (input.first ?? 0) % 6 {
    case 0: answer(bytes)
    case 1: events(bytes)
    case 2:
      guard let answer = try? WireJSON.decode(Wire.SimilarAnswer.self, from: bytes) else { return }
      let report = SimilarReport(answer)
      _ = (report.playlist, report.lines(on: Self.terminal))
    case 3:
      guard let status = try? WireJSON.decode(Wire.Status.self, from: bytes) else { return }
      _ = StatusReport(status, terminal: Self.terminal).lines
    case 4:
      guard let answer = try? WireJSON.decode(Wire.IdentifyAnswer.self, from: bytes) else { return }
      _ = IdentifyReport(answer).lines(on: Self.terminal)
    default:
      guard let answer = try? WireJSON.decode(Wire.DuplicateAnswer.self, from: bytes) else {
        return
      }
      _ = DuplicatesReport(answer).lines(on: Self.terminal)
    }
  }

  private static let terminal = Terminal(isTerminal: false, reportedWidth: 80) { _ in nil }

  /// However the bytes are cut, the events are the same.
  private func events(_ bytes: [UInt8]) {
    var (whole, cut) = (ServerSentEventParser(), ServerSentEventParser())
    let expected = whole.feed(bytes)
    let found = bytes.flatMap { cut.feed([$0]) }
    guard found == expected else { broken("events do not depend on how their bytes are cut") }
  }

  private func answer(_ bytes: [UInt8]) {
    var ends: (Int32, Int32) = (-1, -1)
    let result = withUnsafeMutableBytes(of: &ends) {
      socketpair(
        AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0,
        $0.baseAddress?.assumingMemoryBound(to: Int32.self))
    }
    guard result == 0 else { return }
    // As much as the socket's buffer takes: nobody reads yet.
    _ = Glibc.send(
      ends.1, bytes, min(bytes.count, 64 << 10), Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
    shutdown(ends.1, Int32(SHUT_WR))
    let descriptor = ends.0
    waitFor {
      _ = try? await HTTPConnection.send(HTTPRequest(.GET, "/v1/status"), over: descriptor)
    }
    close(ends.1)
  }
}
