import Core
import Glibc
import Logging
import SystemPackage

/// The watcher's one thread and all that it knows.
final class WatcherThread {
  let watcher: Watcher
  let options: WatchingOptions
  let logger: Logger
  var statistics = WatchingStatistics()
  /// `nil` while the system gives no inotify instance: then everything is polled.
  private(set) var inotify: InotifyQueue?
  private(set) var inotifyFailure: String?
  let mountTable = MountTable()

  var roots: [RootState]
  var nodesByWatch: [Int32: DirectoryNode] = [:]
  var nodesByIdentity: [DirectoryIdentity: DirectoryNode] = [:]
  var pending: PendingFiles
  var renames: [UInt32: Rename] = [:]
  /// Sockets, pipes and devices that have been told, so that each is told once.
  var passedOver: Set<FilePath> = []
  private var batch: [Change] = []
  /// Set by events after which roots and mounts have to be looked at.
  var mountsAreInDoubt = false

  private static let batchSize = 256
  static let mostPassedOver = 100

  init(_ watcher: Watcher) {
    self.watcher = watcher
    options = watcher.options
    logger = watcher.logger
    pending = PendingFiles(watcher.options)
    roots = Self.sorted(watcher.roots.map(RootState.init))
  }

  /// Asks for an inotify instance if there is none.
  func openInotify() {
    guard inotify == nil else { return }
    do throws(Errno) {
      if let error = watcher.faults.inotify?() { throw error }
      inotify = try InotifyQueue()
      inotifyFailure = nil
    } catch {
      inotifyFailure =
        "the system gives no inotify instance (\(HarkError.describe(errno: error.rawValue))); "
        + "raise its limit with 'sysctl fs.inotify.max_user_instances=1024', or "
        + "\(HarkError.remedy(forShortage: EMFILE) ?? "")"
    }
  }

  func run() {
    start(roots)
    flush()
    while !isStopped {
      wait()
      handleRoots()
      handleRescans()
      handleEvents()
      handleDeadlines()
      flush()
    }
  }

  var isStopped: Bool { watcher.orders.withLock { $0.isStopped } }

  // MARK: Waiting

  private func wait() {
    let isAtRest =
      pending.count == 0 && renames.isEmpty && inotify?.hasWork != true && !mountsAreInDoubt
    let events = inotify?.descriptor ?? -1
    let hasOrders = watcher.orders.withLock { orders in
      orders.resting = isAtRest ? events : nil
      return orders.hasSome
    }
    var polled = [
      pollfd(fd: watcher.wake.descriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: events, events: Int16(POLLIN), revents: 0),
      pollfd(fd: mountTable.descriptor, events: Int16(POLLPRI), revents: 0),
    ]
    // An order may have come while ``flush()`` waited, which clears the signal that goes with it.
    let count = poll(&polled, 3, hasOrders ? 0 : millisecondsToDeadline)
    // Before anything is taken from the kernel, or done.
    watcher.orders.withLock { $0.resting = nil }
    guard count > 0 else { return }
    if polled[0].revents != 0 { watcher.wake.clear() }
    if polled[1].revents != 0 { inotify?.drain() }
    if polled[2].revents != 0 { mountsAreInDoubt = true }
  }

  private var millisecondsToDeadline: Int32 {
    if inotify?.hasWork == true || mountsAreInDoubt { return 0 }
    let deadlines = [
      pending.nextDue, renames.values.lazy.map(\.due).min(), roots.compactMap(\.nextLook).min(),
    ]
    guard let next = deadlines.compactMap({ $0 }).min() else { return -1 }
    let now = MonotonicClock.now()
    // Rounded up: waking a moment early would only mean to wait again.
    return next <= now ? 0 : Int32(min((next - now) / 1_000_000 + 1, 3_600_000))
  }

  private func handleDeadlines() {
    let now = MonotonicClock.now()
    expireRenames(now)
    let known = pending.growing
    for file in pending.takeSettled(now: now, observe: observeSettled) { emit(.found(file)) }
    for path in pending.growing.subtracting(known) {
      logger.notice(
        "it is still being written, and is analysed once it rests",
        metadata: ["file": "\(path.escaped)"])
    }
    if mountsAreInDoubt { checkMounts() }
    for root in roots where root.nextLook.map({ $0 <= now }) ?? false {
      if root.phase == .online, root.pollReason == nil {
        checkMounts(below: root)
      } else {
        look(at: root)
      }
    }
  }

  private func handleRoots() {
    let wanted: [WatchedRoot]? = watcher.orders.withLock { orders in
      defer { orders.roots = nil }
      return orders.roots
    }
    if let wanted { change(roots: wanted) }
  }

  private func handleRescans() {
    let rescans = watcher.orders.withLock { orders in
      defer { orders.rescans = [] }
      return orders.rescans
    }
    for rescan in rescans { handle(rescan) }
  }

  // MARK: Telling

  func emit(_ change: Change) {
    batch.append(change)
    if batch.count >= Self.batchSize { flush() }
  }

  /// Hands over what has gathered; waits while the reader is far behind, and keeps the kernel's
  /// queue from overflowing meanwhile.
  func flush() {
    statistics.directories = nodesByIdentity.count
    statistics.watches = nodesByWatch.count
    statistics.growing = pending.growing.count
    statistics.growingFile = pending.growing.first
    let statistics = statistics
    watcher.orders.withLock { $0.statistics = statistics }
    guard !batch.isEmpty else { return }
    watcher.queue.push(batch)
    batch = []
    while watcher.queue.isFull, !isStopped {
      var polled = [
        pollfd(fd: watcher.wake.descriptor, events: Int16(POLLIN), revents: 0),
        pollfd(fd: inotify?.descriptor ?? -1, events: Int16(POLLIN), revents: 0),
      ]
      guard poll(&polled, 2, -1) > 0 else { continue }
      if polled[0].revents != 0 { watcher.wake.clear() }
      inotify?.drain()
    }
  }

  // MARK: Looking

  /// A regular file as it is now, symbolic links followed; `nil` if there is none.
  func observe(_ path: FilePath) -> FileObservation? {
    guard let status = Status(path, follow: true), status.isFile else { return nil }
    return FileObservation(path, status)
  }
}
