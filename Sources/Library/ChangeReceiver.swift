import Catalogue
import Core
import Logging
import SystemPackage
import Threads
import Watching

/// Writes down what the watcher sees, one batch after another, and wakes the scheduler.
///
/// A scan reports every file below a root once, known or not. What the catalogue holds there and the
/// scan did not see is gone, unless it lies where nobody could look: below a mount that is away or a
/// directory that may not be read.
actor ChangeReceiver {
  private let catalogue: Catalogue
  private let memory: SeenRoots
  private let visibility: VisibilityKeeper
  private let scheduler: Scheduler
  private let roots: RootStates
  private let events: EventHub
  private let statistics: Statistics
  private let logger: Logger

  /// What each scan that is under way has seen.
  private var seen: [FilePath: Set<FilePath>] = [:]
  /// Directories that the scan under way could not look into.
  private var closed: [FilePath: [FilePath]] = [:]
  /// Mounts that are away now, and roots, which may lie below others.
  private var away: Set<FilePath> = []
  private var unreadable = UnreadableDirectories()

  init(
    catalogue: Catalogue, visibility: VisibilityKeeper, scheduler: Scheduler,
    roots: RootStates, events: EventHub, statistics: Statistics, logger: Logger
  ) {
    self.catalogue = catalogue
    memory = SeenRoots(catalogue: catalogue)
    self.visibility = visibility
    self.scheduler = scheduler
    self.roots = roots
    self.events = events
    self.statistics = statistics
    self.logger = logger
  }

  /// Follows `changes` until they end or the task is cancelled.
  func run(_ changes: AsyncStream<[Change]>) async {
    for await batch in changes {
      var found: [FileObservation] = []
      for change in batch {
        if case .found(let file) = change {
          found.append(file)
          continue
        }
        // Order matters: what was found before this change is written before it.
        await receive(&found)
        await receive(change)
      }
      await receive(&found)
      scheduler.wake()
    }
  }

  private func receive(_ found: inout [FileObservation]) async {
    guard !found.isEmpty else { return }
    let files = found
    found = []
    var isScanned = false
    // An array, because a loop over the dictionary's own keys would share its storage, and every
    // insertion would copy the whole set.
    let scans = Array(seen.keys)
    for file in files {
      for scan in scans where file.path.isAtOrBelow(scan) {
        seen[scan]?.insert(file.path)
        isScanned = true
      }
    }
    await attempt("write down \(files.count) files") { [isScanned] () throws(HarkError) in
      let change = try await self.catalogue.observe(
        files.map(ObservedFile.init), isLive: !isScanned, now: WallClock.now)
      await self.follow(change)
    }
  }

  private func receive(_ change: Change) async {
    await attempt("write down what changed") { () throws(HarkError) in
      try await self.apply(change)
    }
  }

  private func apply(_ change: Change) async throws(HarkError) {
    let now = WallClock.now
    switch change {
    case .found: break
    case .writing(let path):
      // It is there, so a scan has not lost it; `found` follows.
      for scan in Array(seen.keys) where path.isAtOrBelow(scan) { seen[scan]?.insert(path) }
    case .moved(let old, let file):
      await follow(try await catalogue.moveFile(from: old, to: ObservedFile(file), now: now))
      events.send(.moved(from: old, to: file.path), at: now)
    case .removed(let path):
      let touched = try await catalogue.removeFiles([path], now: now)
      await visibility.refresh(touched)
      events.send(.removed(path), at: now)
    case .directoryMoved(let old, let new):
      await visibility.refresh(try await catalogue.moveDirectory(from: old, to: new, now: now))
      events.send(.moved(from: old, to: new), at: now)
    case .directoryRemoved(let path):
      unreadable.remove(below: path)
      tellUnreadable()
      let gone = try await catalogue.removeDirectory(path, now: now)
      await visibility.refresh(gone.touched)
      for path in gone.removed { events.send(.removed(path), at: now) }
    case .permissionsChanged(let file):
      try await catalogue.permissionsChanged(ObservedFile(file), now: now)
    case .directoryUnreadable(let path, let reason):
      for root in seen.keys where path.isAtOrBelow(root) { closed[root, default: []].append(path) }
      if unreadable.insert(path, reason) {
        logger.warning(
          "what is known of it stays as it was: \(reason)", metadata: ["file": "\(path.escaped)"])
      }
      tellUnreadable()
    case .rootOnline(let path, let real, let identity):
      away.subtract([roots.real(of: path), real])
      roots.setReal(real, of: path)
      try await memory.record(path, root: path, real: real, identity)
      // Its files come back one by one, as the scan that follows finds them.
      tellOnline(path)
    case .mountOnline(let path, let identity):
      let root = roots.root(holding: path) ?? path
      try await memory.record(path, root: root, real: path, identity)
      away.remove(path)
      tellOnline(path)
    case .rootOffline(let path, let reason):
      away.insert(roots.real(of: path))
      try await setOffline(path, reason: reason, below: roots.real(of: path))
      roots.set(path, .offline, reason)
    case .rootCovered(let path):
      roots.covered(path)
    case .rootDropped(let path):
      away.remove(roots.real(of: path))
      roots.dropped(path)
      statistics.clearWarning(.watching(path))
      unreadable.remove(below: path)
      tellUnreadable()
      // By what is watched now, since another root may cover some of it.
      await visibility.refresh(try await catalogue.setOffline(outside: roots.realPaths, now: now))
      events.send(.offline(path, reason: "it is watched no more"), at: now)
    case .mountOffline(let path, let reason):
      away.insert(path)
      try await setOffline(path, reason: reason, below: path)
    case .rootUnreadable(let path, let reason):
      roots.set(path, .unreadable, reason)
      statistics.warn(.watching(path), "\(path.escaped) cannot be read: \(reason)")
    case .scanStarted(let root):
      seen[root] = []
      closed[root] = []
      roots.scanStarted(root)
    case .scanFinished(let root):
      try await finishScan(root, now: now)
    case .degraded(let root, let reason):
      roots.set(root, .polling, reason)
      statistics.warn(.watching(root), reason)
      logger.warning("\(reason)")
    case .recovered(let root):
      roots.set(root, .watching, nil)
      statistics.clearWarning(.watching(root))
    }
  }

  private func finishScan(_ root: FilePath, now: Double) async throws(HarkError) {
    guard let files = seen[root] else { return }
    let gone = try await catalogue.removeUnseen(
      below: root, seen: files, kept: (closed[root] ?? []) + away, now: now)
    unreadable.remove(below: root, except: closed[root] ?? [])
    tellUnreadable()
    // Only now: what throws above is tried again with all that the scan saw.
    seen[root] = nil
    closed[root] = nil
    await visibility.refresh(gone.touched)
    for path in gone.removed { events.send(.removed(path), at: now) }
    roots.scanFinished(root)
  }

  private func setOffline(
    _ path: FilePath, reason: String, below directory: FilePath
  ) async throws(HarkError) {
    let now = WallClock.now
    let touched = try await catalogue.setOffline(true, below: directory, now: now)
    await visibility.refresh(touched)
    // What a broken-off scan saw proves nothing about the rest.
    for scan in seen.keys where scan.isAtOrBelow(directory) { seen[scan] = nil }
    unreadable.remove(below: directory)
    tellUnreadable()
    logger.notice("\(path.escaped) is offline, and its files are kept: \(reason)")
    events.send(.offline(path, reason: reason), at: now)
  }

  private func tellUnreadable() {
    if let warning = unreadable.warning {
      statistics.warn(.unreadable, warning)
    } else {
      statistics.clearWarning(.unreadable)
    }
  }

  private func tellOnline(_ path: FilePath) {
    statistics.clearWarning(.watching(path))
    events.send(.online(path), at: WallClock.now)
  }

  private func follow(_ change: ObservationChange) async {
    await visibility.refresh(change.touched)
    for linked in change.linked {
      events.send(.analysed(linked.path, linked.recording, isNew: false), at: WallClock.now)
    }
  }

  /// Does not give up: a change that is not written down would be lost until the next scan.
  private func attempt(
    _ what: String, _ body: () async throws(HarkError) -> Void
  ) async {
    var pause = 1.0
    while !Task.isCancelled {
      do throws(HarkError) {
        try await body()
        if pause > 1 { statistics.clearWarning(.noting) }
        return
      } catch {
        logger.error("cannot \(what), trying again in \(Int(pause)) s: \(error)")
        statistics.warn(.noting, "changes cannot be recorded: \(error)")
        try? await Alarm.sleep(for: .seconds(pause))
        pause = min(10, pause * 2)
      }
    }
  }
}

extension ObservedFile {
  init(_ file: FileObservation) {
    self.init(
      path: file.path, size: file.size, modified: file.modified, device: file.device,
      inode: file.inode)
  }
}
