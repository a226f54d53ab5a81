import Core
import NIOCore
import NIOHTTP1
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The daemon as the commands see it: requests go out, answers or ``HarkError``s come back.
struct Daemon: Sendable {
  let location: SocketLocation

  /// A JSON answer, as text and undecoded. Throws the daemon's problem as ``HarkError``.
  func answer(to request: HTTPRequest) async throws -> [UInt8] {
    let answer = try await HTTPConnection.send(request, over: try await connect())
    guard (200..<300).contains(answer.status) else { throw Problem.error(of: answer) }
    return answer.body
  }

  /// The events of a `text/event-stream`, until the daemon ends it or the task is cancelled.
  func events(
    _ request: HTTPRequest, handle: (ServerSentEvent) async throws -> Void
  ) async throws {
    var parser = ServerSentEventParser()
    try await stream(request) { piece, _ in
      for event in parser.feed(piece) { try await handle(event) }
    }
  }

  /// An answer of any length, piece by piece. Throws the daemon's problem as ``HarkError``, and
  /// `unavailable` if the answer ends early.
  ///
  /// - Parameter handle: gets each piece, and the answer's whole length where the daemon states it.
  func stream(
    _ request: HTTPRequest,
    handle: (_ piece: ByteBufferView, _ length: Int?) async throws -> Void
  ) async throws {
    var refusal: HTTPAnswer?
    var length: Int?
    try await HTTPConnection.exchange(request, over: try await connect()) { part in
      switch part {
      case .head(let head):
        let status = Int(head.status.code)
        length = head.headers.first(name: "content-length").flatMap { Int($0) }
        guard !(200..<300).contains(status) else { return }
        refusal = HTTPAnswer(
          status: status, contentType: head.headers.first(name: "content-type") ?? "", body: [])
      case .body(let buffer):
        guard refusal == nil else {
          refusal?.body.append(contentsOf: buffer.readableBytesView)
          return
        }
        try await handle(buffer.readableBytesView, length)
      case .end: break
      }
    }
    if let refusal { throw Problem.error(of: refusal) }
  }

  /// A connected descriptor to the first candidate at which a daemon answers.
  private func connect() async throws -> Int32 {
    var failures: [(path: FilePath, number: Int32)] = []
    for path in location.candidates {
      var attempts = 0
      while true {
        do {
          return try UnixSocket.connect(to: path)
        } catch {
          // The daemon's backlog is full for a moment.
          if error.number == EAGAIN, attempts < 50 {
            attempts += 1
            try await Task.sleep(for: .milliseconds(100))
            continue
          }
          failures.append((path, error.number))
        }
        break
      }
    }
    throw Self.noDaemon(failures)
  }

  /// One line for all that was tried. A socket that is there and may not be used says more than one
  /// that is not there.
  static func noDaemon(_ failures: [(path: FilePath, number: Int32)]) -> HarkError {
    if let denied = failures.first(where: { $0.number == EACCES || $0.number == EPERM }) {
      return HarkError(
        .permissionDenied, "may not use the daemon's socket \(denied.path.escaped)",
        remedy: "become a member of the group `hark` (sudo usermod -aG hark \"$USER\", then log in "
          + "again), or run a daemon of your own (systemctl --user start harkd)",
        cause: HarkError.describe(errno: denied.number))
    }
    if let long = failures.first(where: { $0.number == ENAMETOOLONG }) {
      return HarkError(
        .invalidArgument, "the path \(long.path.escaped) is too long for a socket's address",
        remedy: "name a socket whose path has at most 107 bytes")
    }
    let places = failures.map(\.path.escaped).joined(separator: " nor ")
    let causes = failures.map { HarkError.describe(errno: $0.number) }
    let isEverySame = Set(causes).count == 1
    return HarkError(
      .unavailable,
      failures.count > 1
        ? "no daemon answers at \(places)"
        : "no daemon answers at \(places)",
      remedy: "start it with `systemctl --user start harkd`, or name its socket with --socket",
      cause: isEverySame ? causes.first : causes.joined(separator: ", "))
  }
}
