import CAffinity
import Core
import Foundation
import Glibc
import Synchronization
import SystemPackage

/// What a thousand connections do that mean harm.
nonisolated enum Harm: String, CaseIterable, Sendable {
  case idle = "are idle"
  case slow = "send a byte now and then"
  case asking = "ask for the status without end, and read"
}

/// A thousand connections of another user (of the same one, where this program is not root's), kept up
/// by a thread of their own: what the daemon closes is opened again.
nonisolated final class Crowd: Sendable {
  static let size = 1_000
  /// `nobody` on every Linux.
  private static let user: UInt32 = 65_534

  private let isOver = Mutex(false)
  private let isReady = Mutex(false)
  private let isGone = Mutex(false)

  init(_ harm: Harm, at socket: FilePath) {
    let path = socket.string
    let size = Self.size
    Thread.detachNewThread { [self] in
      var open = [Int32](repeating: -1, count: size)
      var turn = 0
      while !isOver.withLock({ $0 }) {
        var renewed = 0
        for index in 0..<size where open[index] < 0 && renewed < 50 {
          open[index] = bench_connect(path, Self.user)
          renewed += 1
        }
        for index in 0..<size where open[index] >= 0 {
          if !Self.go(harm, open[index], turn) {
            close(open[index])
            open[index] = -1
          }
        }
        turn += 1
        if turn > size / 50 { isReady.withLock { $0 = true } }
        usleep(harm == .asking ? 1_000 : 100_000)
      }
      for descriptor in open where descriptor >= 0 { close(descriptor) }
      isGone.withLock { $0 = true }
    }
    while !isReady.withLock({ $0 }) { usleep(10_000) }
  }

  func end() {
    isOver.withLock { $0 = true }
    while !isGone.withLock({ $0 }) { usleep(1_000) }
  }

  /// Does harm once; `false` if the connection is no more.
  private static func go(_ harm: Harm, _ descriptor: Int32, _ turn: Int) -> Bool {
    let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
    var buffer = [UInt8](repeating: 0, count: 65_536)
    let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
    guard count > 0 || (count < 0 && errno == EAGAIN) else { return false }
    let request = Array("GET /v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
    switch harm {
    case .idle: return true
    case .slow:
      // One byte of a head that never ends.
      let byte = turn < 25 ? request[turn] : UInt8(ascii: "x")
      return send(descriptor, [byte], 1, flags) == 1 || errno == EAGAIN
    case .asking:
      return send(descriptor, request, request.count, flags) > 0 || errno == EAGAIN
    }
  }
}
