import Core
import Synchronization

/// Hands batches of changes from the watcher's thread to one reader, and tells the thread when it
/// runs too far ahead.
final class ChangeQueue: Sendable {
  /// Batches that may wait for the reader.
  static let capacity = 64

  private struct State {
    var batches: [[Change]] = []
    var reader: CheckedContinuation<[Change]?, Never>?
    var isFinished = false
  }

  private let state = Mutex(State())
  private let wake: WakeSignal

  /// `wake` is raised when a full queue has room again.
  init(wake: WakeSignal) { self.wake = wake }

  var isFull: Bool {
    state.withLock { $0.batches.count >= Self.capacity && !$0.isFinished }
  }

  /// Whether the reader has come back for more than there is: it has finished with all that was pushed.
  var isAtRest: Bool { state.withLock { $0.batches.isEmpty && $0.reader != nil } }

  var isFinished: Bool { state.withLock { $0.isFinished } }

  func push(_ batch: [Change]) {
    let reader: CheckedContinuation<[Change]?, Never>? = state.withLock { state in
      guard !state.isFinished else { return nil }
      guard let reader = state.reader else {
        state.batches.append(batch)
        return nil
      }
      state.reader = nil
      return reader
    }
    reader?.resume(returning: batch)
  }

  /// Nothing more will come; what is queued can still be read.
  func finish() {
    let reader: CheckedContinuation<[Change]?, Never>? = state.withLock { state in
      state.isFinished = true
      defer { state.reader = nil }
      return state.reader
    }
    reader?.resume(returning: nil)
  }

  /// The next batch, or `nil` at the end. For one reader at a time.
  func next() async -> [Change]? {
    await withCheckedContinuation { continuation in
      let (isAnswered, answer, other): (Bool, [Change]?, CheckedContinuation<[Change]?, Never>?) =
        state.withLock { state in
          if !state.batches.isEmpty {
            let wasFull = state.batches.count >= Self.capacity
            let batch = state.batches.removeFirst()
            if wasFull { wake.raise() }
            return (true, batch, nil)
          }
          if state.isFinished { return (true, nil, nil) }
          // A second reader would strand the first one for ever.
          let other = state.reader
          state.reader = continuation
          return (false, nil, other)
        }
      other?.resume(returning: nil)
      if isAnswered { continuation.resume(returning: answer) }
    }
  }
}
