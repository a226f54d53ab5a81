import NIOConcurrencyHelpers
import NIOCore

/// Whose requests are carried out: of one user's so many at a time, in the order in which they came.
/// The others wait, so that whoever asks a thousand questions at once waits for his own answers, and
/// everybody else for two or three of them.
final class Turns: Sendable {
  private struct User {
    var running = 0
    /// Long answers that lie in memory until they are read.
    var unread = 0
    var waiting = CircularBuffer<@Sendable () -> Void>()

    var isQuiet: Bool { running == 0 && unread == 0 && waiting.isEmpty }
  }

  private let limit: Int
  private let unreadLimit: Int
  private let users = NIOLockedValueBox<[UInt32: User]>([:])

  init(_ configuration: ServerConfiguration) {
    limit = max(1, configuration.requestsPerUser)
    unreadLimit = max(1, configuration.longAnswersPerUser)
  }

  func turn(of user: UInt32) -> Turn { Turn(self, user) }

  fileprivate func enter(_ user: UInt32, _ admitted: @escaping @Sendable () -> Void) {
    change(user) { $0.waiting.append(admitted) }
  }

  fileprivate func leave(_ user: UInt32, unread: Bool) {
    change(user) {
      $0.running -= 1
      if unread { $0.unread += 1 }
    }
  }

  fileprivate func wasRead(_ user: UInt32) { change(user) { $0.unread -= 1 } }

  /// Changes what is known of a user, and lets go on who may then. Complexity: O(1) and those let go
  /// on, however many wait: what is known is changed in its place.
  private func change(_ user: UInt32, _ body: (inout User) -> Void) {
    let admitted = users.withLockedValue { users in
      let admitted = admit(&users[user, default: User()], after: body)
      if users[user]?.isQuiet == true { users[user] = nil }
      return admitted
    }
    for goOn in admitted { goOn() }
  }

  private func admit(
    _ state: inout User, after change: (inout User) -> Void
  ) -> [@Sendable () -> Void] {
    change(&state)
    var admitted: [@Sendable () -> Void] = []
    while state.running < limit, state.unread < unreadLimit,
      let next = state.waiting.popFirst()
    {
      admitted.append(next)
      state.running += 1
    }
    return admitted
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

  /// Calls `admitted` once it has come, at once or on another thread.
  func enter(_ admitted: @escaping @Sendable () -> Void) {
    turns.enter(user) {
      self.state.withLockedValue { $0 = .held }
      admitted()
    }
  }

  /// Waits for it.
  func enter() async {
    await withCheckedContinuation { continuation in enter { continuation.resume() } }
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
