import NIOConcurrencyHelpers

/// Whose requests are carried out: of one user's so many at a time, in the order in which they came.
/// The others wait, so that whoever asks a thousand questions at once waits for his own answers, and
/// everybody else for two or three of them.
final class Turns: Sendable {
  private struct User {
    var running = 0
    /// Long answers that lie in memory until they are read.
    var unread = 0
    var waiting: [CheckedContinuation<Void, Never>] = []
    /// Those before it have had their turn.
    var next = 0

    var isQuiet: Bool { running == 0 && unread == 0 && next == waiting.count }
  }

  private let limit: Int
  private let unreadLimit: Int
  private let users = NIOLockedValueBox<[UInt32: User]>([:])

  init(_ configuration: ServerConfiguration) {
    limit = max(1, configuration.requestsPerUser)
    unreadLimit = max(1, configuration.longAnswersPerUser)
  }

  func turn(of user: UInt32) -> Turn { Turn(self, user) }

  fileprivate func enter(_ user: UInt32) async {
    await withCheckedContinuation { continuation in
      change(user) { $0.waiting.append(continuation) }
    }
  }

  fileprivate func leave(_ user: UInt32, unread: Bool) {
    change(user) {
      $0.running -= 1
      if unread { $0.unread += 1 }
    }
  }

  fileprivate func wasRead(_ user: UInt32) { change(user) { $0.unread -= 1 } }

  /// Changes what is known of a user, and lets go on who may then.
  private func change(_ user: UInt32, _ body: (inout User) -> Void) {
    let admitted = users.withLockedValue { users in
      var state = users[user] ?? User()
      body(&state)
      var admitted: [CheckedContinuation<Void, Never>] = []
      while state.next < state.waiting.count, state.running < limit, state.unread < unreadLimit {
        admitted.append(state.waiting[state.next])
        state.next += 1
        state.running += 1
      }
      if state.next == state.waiting.count {
        state.waiting = []
        state.next = 0
      }
      users[user] = state.isQuiet ? nil : state
      return admitted
    }
    for continuation in admitted { continuation.resume() }
  }
}

/// One request's turn.
final class Turn: Sendable {
  private enum State {
    case away, held, unread
  }

  private let turns: Turns
  private let user: UInt32
  private let state = NIOLockedValueBox(State.away)

  fileprivate init(_ turns: Turns, _ user: UInt32) {
    self.turns = turns
    self.user = user
  }

  /// Waits for it.
  func enter() async {
    await turns.enter(user)
    state.withLockedValue { $0 = .held }
  }

  /// Gives it up while `body` waits for the client or for a worker.
  func away<Value>(_ body: () async throws -> Value) async throws -> Value {
    let wasHeld = leave()
    let value = try await body()
    if wasHeld { await enter() }
    return value
  }

  /// The request is carried out, and its answer, `length` bytes, is on its way. Returns whether it is
  /// a long one: then ``leave()`` says that it was read.
  func answering(length: Int?) -> Bool {
    guard let length, length > Self.longAnswer else {
      leave()
      return false
    }
    let wasHeld = state.withLockedValue { state in
      guard state == .held else { return false }
      state = .unread
      return true
    }
    if wasHeld { turns.leave(user, unread: true) }
    return true
  }

  /// The request is over, however it ended. Returns whether it had its turn until now.
  @discardableResult func leave() -> Bool {
    let before = state.withLockedValue { state in
      defer { state = .away }
      return state
    }
    switch before {
    case .away: break
    case .held: turns.leave(user, unread: false)
    case .unread: turns.wasRead(user)
    }
    return before == .held
  }

  /// Bytes that any socket takes at once, or nearly.
  private static let longAnswer = 64 << 10
}
