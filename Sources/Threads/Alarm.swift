import Collections
import Synchronization

/// Wakes tasks at their time, by one thread that sleeps until the first of them.
///
/// `Task.sleep` would do it on threads of libdispatch, which from then on looks after them every
/// second, for as long as the process lives.
public enum Alarm {
  /// Waits for `duration`, on a clock that nobody can set and that stands still while the machine is
  /// suspended. Throws `CancellationError` as soon as the task is cancelled.
  public static func sleep(for duration: Duration) async throws {
    let sleeper = Sleeper()
    try await withTaskCancellationHandler {
      try await withCheckedThrowingContinuation { continuation in
        guard sleeper.begin(continuation) else { return }
        Waker.shared.add(sleeper, at: Condition.now + Self.nanoseconds(duration))
      }
    } onCancel: {
      sleeper.end(.failure(CancellationError()))
    }
  }

  /// Not less than 0 and not more than a century, so that sums do not overflow.
  private static func nanoseconds(_ duration: Duration) -> UInt64 {
    let bounded = min(max(duration, .zero), .seconds(100 * 365 * 86_400))
    let parts = bounded.components
    return UInt64(parts.seconds) * 1_000_000_000 + UInt64(parts.attoseconds / 1_000_000_000)
  }

  /// A task that waits, until its time comes or it is cancelled, whichever is first.
  private final class Sleeper: Sendable {
    private enum State {
      case new
      case waiting(CheckedContinuation<Void, any Error>)
      case over(Result<Void, any Error>)
    }

    private let state = Mutex(State.new)

    /// Returns `false` if it was cancelled before: then the task goes on at once.
    func begin(_ continuation: CheckedContinuation<Void, any Error>) -> Bool {
      let result: Result<Void, any Error>? = state.withLock { state in
        if case .over(let result) = state { return result }
        state = .waiting(continuation)
        return nil
      }
      guard let result else { return true }
      continuation.resume(with: result)
      return false
    }

    func end(_ result: Result<Void, any Error>) {
      let continuation: CheckedContinuation<Void, any Error>? = state.withLock { state in
        defer { if case .over = state {} else { state = .over(result) } }
        guard case .waiting(let continuation) = state else { return nil }
        return continuation
      }
      continuation?.resume(with: result)
    }
  }

  /// Unchecked, because the entries are guarded by the condition, which the compiler cannot know.
  private final class Waker: @unchecked Sendable {
    private struct Entry: Comparable {
      let time: UInt64
      let sleeper: Sleeper

      static func < (left: Entry, right: Entry) -> Bool { left.time < right.time }

      static func == (left: Entry, right: Entry) -> Bool {
        left.time == right.time && left.sleeper === right.sleeper
      }
    }

    static let shared = Waker()

    private let condition = Condition()
    private var entries: Heap<Entry> = []

    private init() { Crew(limit: 1).submit { self.run() } }

    func add(_ sleeper: Sleeper, at time: UInt64) {
      condition.withLock {
        entries.insert(Entry(time: time, sleeper: sleeper))
        condition.signal()
      }
    }

    private func run() {
      while true { next().end(.success(())) }
    }

    /// Waits until the first entry's time.
    private func next() -> Sleeper {
      condition.withLock {
        while true {
          guard let first = entries.min else {
            condition.wait()
            continue
          }
          guard Condition.now < first.time else { return entries.removeMin().sleeper }
          condition.wait(until: first.time)
        }
      }
    }
  }
}
