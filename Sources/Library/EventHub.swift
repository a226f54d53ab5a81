import Core
import Synchronization

/// Hands every event to everyone who listens.
///
/// A listener has a buffer of ``bufferSize`` events; one that does not read loses the oldest and
/// costs no more than that.
final class EventHub: Sendable {
  static let bufferSize = 1_024

  private struct State {
    var number: UInt64 = 0
    var nextListener = 0
    var listeners: [Int: AsyncStream<LibraryEvent>.Continuation] = [:]
    var isFinished = false
  }

  private let state = Mutex(State())

  /// Events from now on. The stream ends with ``finish()``.
  func events() -> AsyncStream<LibraryEvent> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: LibraryEvent.self, bufferingPolicy: .bufferingNewest(Self.bufferSize))
    let listener: Int? = state.withLock { state in
      guard !state.isFinished else { return nil }
      state.nextListener += 1
      state.listeners[state.nextListener] = continuation
      return state.nextListener
    }
    guard let listener else {
      continuation.finish()
      return stream
    }
    continuation.onTermination = { [weak self] _ in
      _ = self?.state.withLock { $0.listeners.removeValue(forKey: listener) }
    }
    return stream
  }

  /// Numbers the event and hands it to everyone, in one order for all.
  func send(_ kind: LibraryEvent.Kind, at time: Double) {
    state.withLock { state in
      state.number += 1
      let event = LibraryEvent(number: state.number, time: time, kind: kind)
      for listener in state.listeners.values { listener.yield(event) }
    }
  }

  /// Ends every stream.
  func finish() {
    let listeners = state.withLock { state in
      state.isFinished = true
      defer { state.listeners = [:] }
      return Array(state.listeners.values)
    }
    for listener in listeners { listener.finish() }
  }
}
