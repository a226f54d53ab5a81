import NIOCore
import NIOHTTPTypes

/// Lets a request in when its user's turn has come, and until then reads nothing more from its
/// connection.
///
/// Behind it every request has tasks, buffers and a place in queues that all users share. So those of
/// a user with a thousand connections must wait in front of it: then whoever asks beside them waits
/// for a few of them, and not for all.
final class TurnGate: ChannelDuplexHandler, RemovableChannelHandler {
  typealias InboundIn = HTTPRequestPart
  typealias InboundOut = HTTPRequestPart
  typealias OutboundIn = HTTPResponsePart
  typealias OutboundOut = HTTPResponsePart

  /// What came and was not passed on, in the order in which it came.
  private enum Held {
    case head(NIOAny)
    case event((ChannelHandlerContext) -> Void)
  }

  private enum State {
    case idle
    /// The request whose head is the first that is held waits for its turn.
    case waiting
    /// A request is let in, and not answered to its end. The next one on this connection waits for
    /// that before it asks for a turn: with one in hand it could keep the other from coming back for
    /// its own.
    case serving
    case gone
  }

  private let turns: Turns
  private let connections: OpenConnections
  private var state = State.idle
  private var held = CircularBuffer<Held>()
  private var wantsToRead = false

  init(_ turns: Turns, _ connections: OpenConnections) {
    self.turns = turns
    self.connections = connections
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .head = unwrapInboundIn(data) else {
      return pass(context) { $0.fireChannelRead(data) }
    }
    if case .gone = state { return }
    held.append(.head(data))
    waitForTurn(context)
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    pass(context) { $0.fireUserInboundEventTriggered(event) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    pass(context) { $0.fireErrorCaught(error) }
  }

  func read(context: ChannelHandlerContext) {
    guard held.isEmpty else {
      wantsToRead = true
      return
    }
    context.read()
  }

  func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
    let part = unwrapOutboundIn(data)
    context.write(data, promise: promise)
    guard case .end = part, case .serving = state else { return }
    if connections.isEnding(context.channel) {
      // What the client still sends is read, and dropped.
      leave(context)
      readIfWanted(context)
    } else {
      state = .idle
      waitForTurn(context)
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    leave(context)
    context.fireChannelInactive()
  }

  func handlerRemoved(context: ChannelHandlerContext) { leave(context) }

  private func pass(
    _ context: ChannelHandlerContext, _ event: @escaping (ChannelHandlerContext) -> Void
  ) {
    if held.isEmpty { event(context) } else { held.append(.event(event)) }
  }

  private func waitForTurn(_ context: ChannelHandlerContext) {
    guard case .idle = state, !held.isEmpty,
      let peer = connections.peer(of: context.channel)
    else { return }
    state = .waiting
    let loop = context.eventLoop
    let turn = turns.turn(of: peer.user)
    let bound = NIOLoopBound((self, context), eventLoop: loop)
    turn.enter {
      let open: @Sendable () -> Void = {
        let (gate, context) = bound.value
        gate.open(to: turn, context)
      }
      if loop.inEventLoop { open() } else { loop.execute(open) }
    }
  }

  private func open(to turn: Turn, _ context: ChannelHandlerContext) {
    guard case .waiting = state, case .head(let head)? = held.popFirst() else {
      turn.leave()
      return
    }
    state = .serving
    connections.give(turn, to: context.channel)
    context.fireChannelRead(head)
    while case .event(let event)? = held.first {
      held.removeFirst()
      event(context)
    }
    context.fireChannelReadComplete()
    readIfWanted(context)
  }

  private func readIfWanted(_ context: ChannelHandlerContext) {
    guard held.isEmpty, wantsToRead else { return }
    wantsToRead = false
    context.read()
  }

  /// A turn that no handler has taken is given up.
  private func leave(_ context: ChannelHandlerContext) {
    state = .gone
    held.removeAll()
    connections.takeTurn(of: context.channel)?.leave()
  }
}
