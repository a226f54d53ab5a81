import Synchronization

/// A loop whose turns run at the same time, on the calling thread and on others.
public enum ParallelLoop {
  /// Hands out turns, and tells when all that were handed out are done.
  ///
  /// Unchecked, because no turn outlives the body (``run(turns:_:)`` returns after the last one), and the
  /// state is guarded by the condition.
  private final class Turns: @unchecked Sendable {
    private struct State {
      var next = 0
      var running = 0
    }

    private let count: Int
    private let body: UnsafePointer<@Sendable (Int) -> Void>
    private let condition = Condition()
    private var state = State()

    /// - Parameter body: stays where it is until ``finish()`` has returned.
    init(count: Int, _ body: UnsafePointer<@Sendable (Int) -> Void>) {
      self.count = count
      self.body = body
    }

    /// Takes turns until there are none. A thread that comes when all is over does nothing.
    func take() {
      while let turn = begin() {
        perform(turn)
        condition.withLock {
          state.running -= 1
          condition.signal()
        }
      }
    }

    /// Not inlined, so that no reference to the body is left once it is over.
    @inline(never) private func perform(_ turn: Int) { body.pointee(turn) }

    private func begin() -> Int? {
      condition.withLock {
        guard state.next < count else { return nil }
        defer {
          state.next += 1
          state.running += 1
        }
        return state.next
      }
    }

    /// Waits until each turn is done. To be called by one thread, after its last turn.
    func finish() {
      condition.withLock { while state.running > 0 { condition.wait() } }
    }
  }

  /// Runs `body` for each of `turns` turns, from 0, and returns when all are done. The calling thread
  /// takes part, so that nothing waits where every other thread is busy.
  public static func run(turns: Int, _ body: @Sendable (_ turn: Int) -> Void) {
    run(turns: turns, on: .blocking, body)
  }

  static func run(turns: Int, on crew: Crew, _ body: @Sendable (_ turn: Int) -> Void) {
    withoutActuallyEscaping(body) { body in
      withUnsafePointer(to: body) { body in
        let all = Turns(count: turns, body)
        for _ in 1..<max(1, turns) { crew.submit { all.take() } }
        all.take()
        all.finish()
      }
    }
  }
}
