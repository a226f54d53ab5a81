import Core
import Glibc
import Logging
import Synchronization
import SystemPackage
import Threads

/// Turns directory trees into settled changes.
///
/// One thread of its own does everything: it waits in poll(2) for inotify, for changes of the mount
/// table and for the next deadline, and with nothing to do it never wakes. No directory is held
/// open, so that file systems can be unmounted.
public final class Watcher: Sendable {
  /// Orders from outside, for the thread.
  struct Orders {
    var rescans: [Rescan] = []
    /// What to watch instead; `nil` once the thread knows.
    var roots: [WatchedRoot]?
    var isStopped = false
    var hasRun = false
    var ended: CheckedContinuation<Void, Never>?
    var statistics = WatchingStatistics()
    /// While the thread waits and knows of nothing that is still to be told: the descriptor through which
    /// it would hear of more, -1 if there is none.
    var resting: Int32?

    /// Whether the thread has yet to take what was ordered.
    var hasSome: Bool { !rescans.isEmpty || roots != nil || isStopped }
  }

  struct Rescan {
    var path: FilePath?
    var isAdopting: Bool
  }

  let roots: [WatchedRoot]
  let options: WatchingOptions
  let logger: Logger
  let orders: Mutex<Orders>
  let wake: WakeSignal
  let queue: ChangeQueue
  let faults: WatchingFaults

  /// Starts nothing yet. Throws ``HarkError`` (`system`) if descriptors are short.
  public convenience init(
    roots: [WatchedRoot], options: WatchingOptions = WatchingOptions(),
    logger: Logger = Logger(label: "hark.watching")
  ) throws(HarkError) {
    try self.init(roots: roots, options: options, logger: logger, faults: WatchingFaults())
  }

  init(
    roots: [WatchedRoot], options: WatchingOptions, logger: Logger, faults: WatchingFaults
  ) throws(HarkError) {
    self.roots = roots
    self.options = options
    self.logger = logger
    self.faults = faults
    orders = Mutex(Orders())
    wake = try WakeSignal()
    queue = ChangeQueue(wake: wake)
  }

  /// Batches of changes, in order, for one reader; ends when the watcher has stopped. A reader that
  /// falls behind slows the scan down instead of filling memory.
  public var changes: AsyncStream<[Change]> {
    AsyncStream { [queue] in await queue.next() }
  }

  /// Scans the roots, then watches them until the task is cancelled or ``stop()`` is called.
  ///
  /// Throws ``HarkError`` if no thread can be started. Called once.
  public func run() async throws {
    let isFirst = orders.withLock { orders in
      defer { orders.hasRun = true }
      return !orders.hasRun
    }
    guard isFirst else { throw HarkError(.defect, "a watcher runs only once") }
    try DetachedThread.start { [self] in
      WatcherThread(self).run()
      queue.finish()
      let ended: CheckedContinuation<Void, Never>? = orders.withLock { orders in
        orders.isStopped = true
        defer { orders.ended = nil }
        return orders.ended
      }
      ended?.resume()
    }
    await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        // `hasEnded` is known under the lock: the thread finishes the queue before it takes it.
        let hasEnded = orders.withLock { orders in
          guard !queue.isFinished else { return true }
          orders.ended = continuation
          return false
        }
        if hasEnded { continuation.resume() }
      }
    } onCancel: { [self] in
      stop()
    }
  }

  /// Ends the watching; ``run()`` then returns.
  public func stop() {
    orders.withLock { $0.isStopped = true }
    wake.raise()
  }

  /// Looks through everything below `path` again, or through every root.
  ///
  /// - Parameter adopting: also accept a root or mount that is offline because its file system is
  ///   not the recorded one, or because it is empty: its old files are then gone for good.
  public func rescan(under path: FilePath? = nil, adopting: Bool = false) {
    orders.withLock { $0.rescans.append(Rescan(path: path, isAdopting: adopting)) }
    wake.raise()
  }

  /// Watches `roots` and nothing else from now on. A root that is watched already goes on undisturbed,
  /// whatever is recorded about it here; a new one is scanned; one that is missing is told as
  /// `rootDropped`. Returns at once: a scan that is under way ends first.
  public func watch(_ roots: [WatchedRoot]) {
    orders.withLock { $0.roots = roots }
    wake.raise()
  }

  public var statistics: WatchingStatistics { orders.withLock { $0.statistics } }

  /// Whether everything is told, and the reader of ``changes`` has come back for more: what had been
  /// written, renamed or removed in a folder that is watched (not: polled), and what had been ordered
  /// here, before this was asked. Files that have been growing for long count as told.
  public var isAtRest: Bool {
    let isResting = orders.withLock { orders in
      guard let descriptor = orders.resting, !orders.hasSome else { return false }
      // Events may wait in the kernel. The thread takes none before it has said, under the lock, that
      // it rests no more; so each is still there, or what comes of it is waited for.
      var polled = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
      return poll(&polled, 1, 0) == 0
    }
    // In this order: the thread pushes first and rests then.
    return isResting && queue.isAtRest
  }
}

/// Ways in which tests make the system fail.
struct WatchingFaults: Sendable {
  /// An errno with which a directory cannot be listed.
  var list: (@Sendable (FilePath) -> Errno?)?
  /// An errno with which there is no inotify instance.
  var inotify: (@Sendable () -> Errno?)?
  /// An errno with which a directory cannot be watched.
  var watch: (@Sendable (FilePath) -> Errno?)?
  /// An errno with which what lies at a path cannot be looked at.
  var look: (@Sendable (FilePath) -> Errno?)?
  /// Whether events were lost since the last question.
  var overflow: (@Sendable () -> Bool)?
}
