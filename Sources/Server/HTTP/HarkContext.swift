import Hummingbird
import NIOConcurrencyHelpers
import NIOCore

/// What a route's handler knows besides the request.
struct HarkContext: RequestContext {
  var coreContext: CoreRequestContextStorage
  /// The request's body.
  let body: BodyState

  init(source: ApplicationRequestContextSource) {
    coreContext = .init(source: source)
    body = BodyState(channel: source.channel)
  }
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
