import Core
import Synchronization

/// A gate that opens once, or never.
final class Readiness: Sendable {
  private enum State {
    case closed([CheckedContinuation<Bool, Never>])
    case open
    case broken
  }

  private let state = Mutex(State.closed([]))

  func succeed() { settle(true) }

  /// Lets everyone go who still waits; does nothing once the gate is open.
  func fail() { settle(false) }

  func wait() async throws(HarkError) {
    let isOpen = await withCheckedContinuation { continuation in
      let known: Bool? = state.withLock { state in
        switch state {
        case .open: return true
        case .broken: return false
        case .closed(let waiting):
          state = .closed(waiting + [continuation])
          return nil
        }
      }
      if let known { continuation.resume(returning: known) }
    }
    guard isOpen else { throw HarkError(.unavailable, "the library could not start") }
  }

  private func settle(_ isOpen: Bool) {
    let waiting: [CheckedContinuation<Bool, Never>] = state.withLock { state in
      guard case .closed(let waiting) = state else { return [] }
      state = isOpen ? .open : .broken
      return waiting
    }
    for continuation in waiting { continuation.resume(returning: isOpen) }
  }
}
