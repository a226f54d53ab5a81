import Collections
import Core
import Synchronization

/// Runs work that blocks (a scan of an index, an fsync, an open on a slow disk) on threads of its
/// own, because Swift's cooperative threads must never wait.
public struct BlockingWork: Sendable {
  /// Pieces of work of which each begins when the one before it is done.
  private final class Line: Sendable {
    private struct State {
      var waiting: Deque<Crew.Work> = []
      var isBusy = false
    }

    private let state = Mutex(State())

    func submit(_ work: @escaping Crew.Work) {
      let isFree = state.withLock { state in
        state.waiting.append(work)
        defer { state.isBusy = true }
        return !state.isBusy
      }
      if isFree { Crew.blocking.submit { self.serve() } }
    }

    private func serve() {
      while let work = next() { work() }
    }

    private func next() -> Crew.Work? {
      state.withLock { state in
        let work = state.waiting.popFirst()
        state.isBusy = work != nil
        return work
      }
    }
  }

  private let line: Line?

  /// - Parameter isSerial: whether pieces of work run one after another, in order.
  public init(isSerial: Bool = false) { line = isSerial ? Line() : nil }

  /// Runs `body` and does not wait for it.
  public func perform(_ body: @escaping @Sendable () -> Void) {
    if let line { line.submit(body) } else { Crew.blocking.submit(body) }
  }

  /// Runs `body` and waits for what it returns, without holding a thread.
  public func run<Value: Sendable>(
    _ body: @escaping @Sendable () throws(HarkError) -> Value
  ) async throws(HarkError) -> Value {
    let result: Result<Value, HarkError> = await withCheckedContinuation { continuation in
      perform {
        do throws(HarkError) {
          continuation.resume(returning: .success(try body()))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    }
    return try result.get()
  }
}
