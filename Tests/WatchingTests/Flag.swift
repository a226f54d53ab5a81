import Synchronization

/// A flag between a test and the watcher's thread.
final class Flag: Sendable {
  private let value = Mutex(false)

  var isRaised: Bool { value.withLock { $0 } }

  func raise() { value.withLock { $0 = true } }

  /// Lowers the flag; whether it was raised.
  func take() -> Bool {
    value.withLock { value in
      defer { value = false }
      return value
    }
  }
}
