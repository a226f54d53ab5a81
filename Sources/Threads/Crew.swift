import Collections
import Core

/// Threads that take pieces of work in the order in which they come. A thread is started when there
/// is more work than threads that wait for some, and a crew at rest never wakes up.
///
/// Unchecked, because its state is guarded by ``condition``, which the compiler cannot know.
final class Crew: @unchecked Sendable {
  typealias Work = @Sendable () -> Void

  /// As much as a process's first thread has: Swift's runtime and SQLite may go deep.
  private static let stack = 8 << 20

  private let limit: Int
  /// Nanoseconds for which a thread waits for work before it ends; `nil`: it stays.
  private let patience: UInt64?
  private let condition = Condition()
  private var waiting: Deque<Work> = []
  private var threads = 0
  private var idle = 0

  /// - Parameters:
  ///   - limit: threads at the same time, ≥ 1.
  ///   - patience: how long a thread waits for work before it ends; `nil`: it stays.
  init(limit: Int, patience: Duration? = nil) {
    self.limit = limit
    self.patience = patience.map { UInt64($0 / .nanoseconds(1)) }
  }

  /// Has `work` done soon, and does not wait for it.
  func submit(_ work: @escaping Work) {
    let needsThread = condition.withLock {
      waiting.append(work)
      // Whoever was woken and has not got the mutex yet counts as idle and takes one piece.
      let needsThread = waiting.count > idle && threads < limit
      if needsThread { threads += 1 }
      condition.signal()
      return needsThread
    }
    guard needsThread else { return }
    do throws(HarkError) {
      try DetachedThread.start(stack: Self.stack) { self.serve() }
    } catch {
      condition.lock()
      threads -= 1
      let isAlone = threads == 0
      condition.unlock()
      // Without any thread the work would wait for ever: the caller does it.
      if isAlone { drain() }
    }
  }

  private func drain() {
    while let work = condition.withLock({ waiting.popFirst() }) { work() }
  }

  private func serve() {
    repeat { drain() } while awaitWork()
  }

  /// Returns whether there may be work; if not, the thread has left the crew.
  private func awaitWork() -> Bool {
    condition.withLock {
      guard waiting.isEmpty else { return true }
      idle += 1
      defer { idle -= 1 }
      guard let patience else {
        condition.wait()
        return true
      }
      let isInTime = condition.wait(until: Condition.now + patience)
      guard isInTime || !waiting.isEmpty else {
        threads -= 1
        return false
      }
      return true
    }
  }
}

extension Crew {
  /// For work that waits: for a disk, a lock, a scan's end. What waits here holds up only what comes
  /// after this many others.
  static let blocking = Crew(limit: 64, patience: .seconds(10))
}
