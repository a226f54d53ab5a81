import API
import Core
import HTTPTypes
import NIOCore
import NIOHTTP1
import NIOHTTPTypes

/// What a request's body ends with when it takes longer than the server waits.
struct BodyTooSlow: Error {}

/// Bounds what one connection may do, between the HTTP decoder and the requests' handlers.
///
/// It answers what cannot be parsed with a problem object, limits how long a body may take and how
/// long an answer may stay unread, and ends a connection whose answer says `Connection: close`
/// without losing that answer: what the client still sends is read and dropped for a while.
final class ConnectionGuard: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  private enum State {
    case open
    /// What came last cannot be parsed; this is the answer once earlier requests have theirs.
    case broken(Wire.Problem)
    /// The response that is being written is the last.
    case lastResponse
    /// Everything is written; the rest is dropped.
    case closing
  }

  private let configuration: ServerConfiguration
  private let connections: OpenConnections
  private var state = State.open
  private var requestsUnderWay = 0
  private var isReadingBody = false
  private var bodyBytes = 0
  private var bodyStart = NIODeadline.now()
  private var bodyTimer: Scheduled<Void>?
  private var writeTimer: Scheduled<Void>?
  private var lingerTimer: Scheduled<Void>?

  init(_ configuration: ServerConfiguration, _ connections: OpenConnections) {
    self.configuration = configuration
    self.connections = connections
  }

  func handlerAdded(context: ChannelHandlerContext) {
    guard connections.refusal(of: context.channel) != nil else { return }
    linger(configuration.lingerTimeout, context)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch state {
    case .open: break
    case .lastResponse where isReadingBody: break
    case .lastResponse, .broken, .closing: return
    }
    switch unwrapInboundIn(data) {
    case .head:
      if let refusal = connections.refusal(of: context.channel) {
        answer(refusal, context)
        return
      }
      requestsUnderWay += 1
      connections.set(context.channel, isBusy: true)
      isReadingBody = true
      bodyBytes = 0
      bodyStart = .now()
      watchBody(context)
    case .body(let buffer):
      bodyBytes += buffer.readableBytes
    case .end:
      isReadingBody = false
      bodyTimer?.cancel()
    }
    context.fireChannelRead(data)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    // In the middle of a body the request's handler learns of it and answers.
    guard !isReadingBody, case .open = state else {
      if case .closing = state { context.close(promise: nil) }
      context.fireErrorCaught(error)
      return
    }
    guard !(error is IOError), !(error is ChannelError) else {
      context.fireErrorCaught(error)
      return
    }
    let problem = Wire.Problem(parserError: error)
    state = .broken(problem)
    if requestsUnderWay == 0 { answer(problem, context) }
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    let part = unwrapOutboundIn(data)
    var promise = promise
    if case .end = part {
      promise = connections.whoWaits(for: context.channel, besides: promise)
    }
    if case .closing = state {
      promise?.succeed()
      return
    }
    switch part {
    case .head(let head):
      if head.headerFields[.connection]?.lowercased() == "close" { state = .lastResponse }
      context.write(data, promise: promise)
    case .body:
      context.write(data, promise: promise)
    case .end:
      requestsUnderWay -= 1
      if requestsUnderWay == 0 { connections.set(context.channel, isBusy: false) }
      switch state {
      case .lastResponse:
        close(context, after: data, promise)
      case .broken(let problem) where requestsUnderWay == 0:
        context.write(data, promise: promise)
        answer(problem, context)
      default:
        context.write(data, promise: promise)
      }
    }
  }

  func channelWritabilityChanged(context: ChannelHandlerContext) {
    writeTimer?.cancel()
    writeTimer = nil
    if !context.channel.isWritable {
      writeTimer = schedule(configuration.writeTimeout, context) { context.close(promise: nil) }
    }
    context.fireChannelWritabilityChanged()
  }

  func channelInactive(context: ChannelHandlerContext) {
    cancelTimers()
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) { cancelTimers() }

  private func answer(_ problem: Wire.Problem, _ context: ChannelHandlerContext) {
    let body = ByteBuffer(bytes: (try? WireJSON.encode(problem)) ?? [])
    let head = HTTPResponse(
      status: .init(code: problem.status),
      headerFields: [
        .contentType: Wire.Problem.mediaType, .contentLength: "\(body.readableBytes)",
        .connection: "close",
      ])
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.write(wrapOutboundOut(.body(body)), promise: nil)
    close(context, after: wrapOutboundOut(.end(nil)), nil)
  }

  /// Writes the end of the last answer and closes: at once for writing, and for reading a while after
  /// the client has taken the answer. For that it has the time that every answer has.
  private func close(
    _ context: ChannelHandlerContext, after end: NIOAny, _ promise: EventLoopPromise<Void>?
  ) {
    state = .closing
    bodyTimer?.cancel()
    linger(configuration.writeTimeout, context)
    let taken = promise ?? context.eventLoop.makePromise()
    taken.futureResult.assumeIsolated().whenSuccess {
      self.linger(self.configuration.lingerTimeout, context)
    }
    context.writeAndFlush(end, promise: taken)
    context.close(mode: .output, promise: nil)
  }

  /// The connection ends after so long, whatever it was given before.
  private func linger(_ time: Duration, _ context: ChannelHandlerContext) {
    lingerTimer?.cancel()
    lingerTimer = schedule(time, context) { context.close(promise: nil) }
  }

  private func watchBody(_ context: ChannelHandlerContext) {
    let allowed =
      TimeAmount(configuration.bodyTimeout)
      + .seconds(Int64(bodyBytes / max(1, configuration.minimumBodyRate)))
    let deadline = bodyStart + allowed
    bodyTimer?.cancel()
    bodyTimer = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
      guard self.isReadingBody else { return }
      let rate = max(1, self.configuration.minimumBodyRate)
      let earned = TimeAmount.seconds(Int64(self.bodyBytes / rate))
      if NIODeadline.now() >= self.bodyStart + TimeAmount(self.configuration.bodyTimeout) + earned {
        context.fireErrorCaught(BodyTooSlow())
      } else {
        self.watchBody(context)
      }
    }
  }

  private func schedule(
    _ time: Duration, _ context: ChannelHandlerContext, _ action: @escaping () -> Void
  ) -> Scheduled<Void> {
    context.eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(time), action)
  }

  private func cancelTimers() {
    bodyTimer?.cancel()
    writeTimer?.cancel()
    lingerTimer?.cancel()
  }
}

extension Wire.Problem {
  /// What a client is told whose request cannot be parsed.
  init(parserError error: any Error) {
    if error as? HTTPParserError == .headerOverflow {
      self.init(
        title: "Too large", status: 431, detail: "the request's line or headers are too long",
        code: HarkError.Code.tooLarge.rawValue, remedy: "send less; long queries fit a POST body")
    } else {
      self.init(
        HarkError(
          .invalidArgument, "the request is not valid HTTP/1.1", cause: "\(error)"))
    }
  }
}
