import Core
import Synchronization
import SystemPackage

/// One file on its way through the pool. It owns a duplicate of the caller's descriptor, and its
/// answer is given exactly once, whoever comes first: the worker, a cancellation or the shutdown.
final class Job: Sendable {
  let lane: Lane
  let name: String
  let request: AnalysisRequest
  let file: FileDescriptor
  let progress: (@Sendable (Double) -> Void)?
  private let state = Mutex(State.open(nil, attempts: 0))

  typealias Outcome = Result<Analysis, AnalysisFailure>

  private enum State {
    case open(CheckedContinuation<Outcome, Never>?, attempts: Int)
    case finished(Outcome)
  }

  /// Takes `file` over.
  init(
    _ file: FileDescriptor, request: AnalysisRequest, lane: Lane, name: String,
    progress: (@Sendable (Double) -> Void)?
  ) {
    self.file = file
    self.request = request
    self.lane = lane
    self.name = name
    self.progress = progress
  }

  deinit { try? file.close() }

  var isFinished: Bool {
    state.withLock { if case .finished = $0 { true } else { false } }
  }

  /// Counts an attempt that came to nothing through no fault of the file; returns how many there
  /// have been.
  func countAttempt() -> Int {
    state.withLock { state in
      guard case .open(let continuation, let attempts) = state else { return .max }
      state = .open(continuation, attempts: attempts + 1)
      return attempts + 1
    }
  }

  /// Gives the answer. Only the first one counts.
  func finish(_ outcome: Outcome) {
    let continuation: CheckedContinuation<Outcome, Never>? = state.withLock { state in
      guard case .open(let continuation, _) = state else { return nil }
      state = .finished(outcome)
      return continuation
    }
    continuation?.resume(returning: outcome)
  }

  /// Waits for the answer. Called once.
  func outcome() async -> Outcome {
    await withCheckedContinuation { continuation in
      let early: Outcome? = state.withLock { state in
        switch state {
        case .finished(let outcome): return outcome
        case .open(_, let attempts):
          state = .open(continuation, attempts: attempts)
          return nil
        }
      }
      if let early { continuation.resume(returning: early) }
    }
  }
}
