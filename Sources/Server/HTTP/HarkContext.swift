import Hummingbird
import Logging
import NIOConcurrencyHelpers
import NIOCore

/// What a route's handler knows besides the request.
struct HarkContext: RequestContext {
  typealias Source = HarkContextSource

  var coreContext: CoreRequestContextStorage
  /// The request's body.
  let body: BodyState
  /// Whose request it is.
  let client: Client

  init(source: HarkContextSource) {
    coreContext = .init(source: source)
    body = BodyState(channel: source.channel)
    client = source.client
  }
}

/// What a context is made from.
struct HarkContextSource: RequestContextSource {
  let channel: any Channel
  let logger: Logger
  let client: Client
}

/// Who asks, and what the server has for everybody.
struct Client: Sendable {
  let peer: Peer
  /// Whether the daemon's rules let this client control it.
  let mayControl: Bool
  let turn: Turn
  /// Requests that are longer than a client's own share of memory.
  let longRequests: Places
  let log: PeerLog
}

/// Whether a request's body was read to its end. A connection on which it was not must be closed,
/// since what follows cannot be told from the body.
final class BodyState: Sendable {
  private let finished = NIOLockedValueBox(false)
  let channel: any Channel

  init(channel: any Channel) { self.channel = channel }

  var isFinished: Bool { finished.withLockedValue { $0 } }

  func finish() { finished.withLockedValue { $0 = true } }
}

extension Request {
  /// Whether a body follows the head.
  var hasBody: Bool {
    headers[.transferEncoding] != nil || (headers[.contentLength].map { $0 != "0" } ?? false)
  }
}
