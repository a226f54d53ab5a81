import API
import Core
import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

/// The connections that are open: whose they are, which gives way when there are too many, and which
/// had its last answer. At the end all are cut off.
final class OpenConnections: Sendable {
  private struct Connection {
    var channel: any Channel
    var peer: Peer
    /// What its first request is answered with, if it is not let in.
    var refusal: Wire.Problem?
    var isEnding = false
    /// Somebody waits until the answer that is written next is read, all but what the kernel buffers.
    var taken: EventLoopPromise<Void>?
    /// Of the request that was let in and whose handler has not begun.
    var turn: Turn?
  }

  private struct State {
    var connections: [ObjectIdentifier: Connection] = [:]
    var shares: ConnectionShares<ObjectIdentifier>
    var rules = AccessRules()
    var refused = 0
    var isOver = false
  }

  /// Connections that are told why they are refused; more are closed without a word.
  private static let refusals = 32

  private let state: NIOLockedValueBox<State>
  private let limit: Int
  let log: PeerLog

  init(limit: Int, log: PeerLog) {
    self.limit = limit
    self.log = log
    state = NIOLockedValueBox(State(shares: ConnectionShares(limit: limit)))
  }

  /// Takes a connection in. To be called on its event loop, before anything is read from it.
  func add(_ channel: any Channel) {
    let peer = try? channel.pipeline.syncOperations.withUnsafeTransportIfAvailable(
      of: NIOBSDSocket.Handle.self
    ) { Peer(socket: $0) }
    guard let peer = peer ?? nil else {
      log.tell(
        .refusal, .error, "a connection was refused: the kernel does not say whose it is", nil)
      channel.close(promise: nil)
      return
    }
    add(channel, peer)
  }

  func add(_ channel: any Channel, _ peer: Peer) {
    let id = ObjectIdentifier(channel)
    var connection = Connection(channel: channel, peer: peer)
    let (isKept, victim) = state.withLockedValue { state -> (Bool, Connection?) in
      var victim: Connection?
      if !state.rules.mayAsk(peer) {
        connection.refusal = Wire.Problem(.mayNotAsk(peer))
      } else {
        switch state.shares.admit(id, user: peer.user) {
        case .admitted: break
        case .admittedInstead(let other): victim = state.connections[other]
        case .refused: connection.refusal = Wire.Problem(.crowded(limit))
        }
      }
      // Accepted before the end, and taken after it.
      guard !state.isOver, connection.refusal == nil || state.refused < Self.refusals else {
        state.shares.remove(id)
        return (false, victim)
      }
      if connection.refusal != nil { state.refused += 1 }
      state.connections[id] = connection
      return (true, victim)
    }
    if let refusal = connection.refusal {
      log.tell(.refusal, .warning, "a connection was refused: \(refusal.detail)", peer)
    } else {
      log.opened(peer)
    }
    if let victim {
      log.tell(
        .crowding, .warning,
        "all \(limit) connections are taken (max-connections): idle ones of the user who has most "
          + "are closed", victim.peer)
      victim.channel.close(promise: nil)
    }
    guard isKept else {
      channel.close(promise: nil)
      return
    }
    channel.closeFuture.whenComplete { _ in self.remove(id) }
  }

  private func remove(_ id: ObjectIdentifier) {
    let connection = state.withLockedValue { state in
      state.shares.remove(id)
      let connection = state.connections.removeValue(forKey: id)
      if connection?.refusal != nil { state.refused -= 1 }
      return connection
    }
    connection?.taken?.fail(ChannelError.alreadyClosed)
    connection?.turn?.leave()
  }

  /// Who is at the other end; `nil` for a connection that has ended.
  func peer(of channel: any Channel) -> Peer? {
    state.withLockedValue { $0.connections[ObjectIdentifier(channel)]?.peer }
  }

  /// What a connection's first request is answered with, if it is not let in.
  func refusal(of channel: any Channel) -> Wire.Problem? {
    state.withLockedValue { $0.connections[ObjectIdentifier(channel)]?.refusal }
  }

  /// Whether a request has arrived and is not answered to its end.
  func set(_ channel: any Channel, isBusy: Bool) {
    state.withLockedValue { $0.shares.set(ObjectIdentifier(channel), isBusy: isBusy) }
  }

  /// A request on the connection has its turn.
  func give(_ turn: Turn, to channel: any Channel) {
    let isOpen = state.withLockedValue { state in
      state.connections[ObjectIdentifier(channel)]?.turn = turn
      return state.connections[ObjectIdentifier(channel)] != nil
    }
    if !isOpen { turn.leave() }
  }

  /// The turn that was given last, for whoever carries the request out.
  func takeTurn(of channel: any Channel) -> Turn? {
    state.withLockedValue { $0.connections[ObjectIdentifier(channel)]?.turn.take() }
  }

  /// Succeeds once the kernel has taken the answer that is written next to its last byte, and fails
  /// if the connection ends before. A handler's own write returns as soon as NIO has the bytes.
  func nextAnswerIsTaken(by channel: any Channel) -> EventLoopFuture<Void> {
    let promise = channel.eventLoop.makePromise(of: Void.self)
    let isOpen = state.withLockedValue { state in
      state.connections[ObjectIdentifier(channel)]?.taken = promise
      return state.connections[ObjectIdentifier(channel)] != nil
    }
    if !isOpen { promise.fail(ChannelError.alreadyClosed) }
    return promise.futureResult
  }

  /// Whom to tell when the end of an answer is taken: who waits for it, and whose write it is.
  func whoWaits(
    for channel: any Channel, besides promise: EventLoopPromise<Void>?
  ) -> EventLoopPromise<Void>? {
    let taken = state.withLockedValue {
      $0.connections[ObjectIdentifier(channel)]?.taken.take()
    }
    guard let taken else { return promise }
    taken.futureResult.cascade(to: promise)
    return taken
  }

  /// The answer that is being written is the connection's last.
  func end(_ channel: any Channel) {
    state.withLockedValue { $0.connections[ObjectIdentifier(channel)]?.isEnding = true }
  }

  /// Whether the connection had its last answer. A request that was sent after it, in the same
  /// breath, must not be carried out: its bytes may belong to a body that was not read.
  func isEnding(_ channel: any Channel) -> Bool {
    state.withLockedValue { $0.connections[ObjectIdentifier(channel)]?.isEnding ?? true }
  }

  var rules: AccessRules {
    get { state.withLockedValue { $0.rules } }
    set {
      // Whoever may no longer ask is cut off, event streams included.
      let barred = state.withLockedValue { state in
        state.rules = newValue
        return state.connections.values.filter { !newValue.mayAsk($0.peer) }
      }
      for connection in barred { connection.channel.close(promise: nil) }
    }
  }

  /// Descriptors have run out: some idle connections are closed, so that others can come.
  func makeRoom(_ count: Int) {
    let victims = state.withLockedValue { state in
      (0..<count).compactMap { _ in state.shares.makeRoom().flatMap { state.connections[$0] } }
    }
    for victim in victims { victim.channel.close(promise: nil) }
  }

  /// Cuts every connection off, and each that is still to come.
  func closeAll() {
    let all = state.withLockedValue { state in
      state.isOver = true
      return Array(state.connections.values)
    }
    for connection in all { connection.channel.close(promise: nil) }
  }
}

extension HarkError {
  static func mayNotAsk(_ peer: Peer) -> HarkError {
    HarkError(
      .permissionDenied, "user \(peer.user) may not ask this daemon",
      remedy: "its administrator can add the user to allow-users, or a group to allow-groups, in "
        + "hark.yaml")
  }

  static func mayNotControl(_ peer: Peer) -> HarkError {
    HarkError(
      .permissionDenied, "user \(peer.user) may ask this daemon, but not control it",
      remedy: "its administrator can add the user to control-users, or a group to control-groups, "
        + "in hark.yaml")
  }

  static func crowded(_ limit: Int) -> HarkError {
    HarkError(
      .unavailable, "all \(limit) connections are taken, most of them by the same user",
      remedy:
        "close some of them, or try again in a moment; max-connections in hark.yaml is the limit")
  }
}
