import Core
import Glibc
import SystemPackage

/// Roots: coming, going, and being looked at again.
extension WatcherThread {
  /// Shorter paths first, so that a root is there before the roots below it.
  static func sorted(_ roots: [RootState]) -> [RootState] {
    roots.sorted { $0.configured.length < $1.configured.length }
  }

  /// Every real directory of every root comes before the first symbolic link, so that a link from
  /// one root into another finds the directory known.
  func start(_ new: [RootState]) {
    let online = new.filter(open)
    for root in online {
      guard let node = root.node else { continue }
      begin(root)
      walk(node, in: root)
    }
    for root in online {
      followLinks(of: root)
      finish(root)
    }
  }

  /// Makes `wanted` the roots: those that are missing in it go first, so that what they covered, or
  /// what a new root finds in their place, is told anew and stays.
  func change(roots wanted: [WatchedRoot]) {
    let paths = Set(wanted.map(\.path))
    let dropped = roots.filter { !paths.contains($0.configured) }
    roots.removeAll { !paths.contains($0.configured) }
    for root in dropped {
      if let node = root.node { drop(node) }
      root.node = nil
      logger.notice("'\(root.configured.escaped)' is watched no more; its files are kept, offline")
      emit(.rootDropped(root.configured))
    }
    let known = Set(roots.map(\.configured))
    let new = Self.sorted(wanted.filter { !known.contains($0.path) }.map(RootState.init))
    roots = Self.sorted(roots + new)
    start(new)
    for root in dropped { uncover(below: root) }
  }

  /// Looks at one root, whatever its state.
  func look(at root: RootState) {
    switch root.phase {
    case .covered:
      root.nextLook = nil
    case .online:
      if let reason = doubt(about: root) {
        takeOffline(root: root, reason)
        if open(root) { scan(root) }
      } else {
        scan(root)
      }
    case .unknown, .offline, .unreadable:
      if open(root) { scan(root) }
    }
  }

  /// Tries to bring a root online. `true` if it is now to be scanned.
  private func open(_ root: RootState) -> Bool {
    root.nextLook = MonotonicClock.now() + UInt64(options.offlineInterval * 1e9)
    do throws(Errno) {
      let real = try Self.realPath(root.configured)
      if let error = watcher.faults.list?(real) { throw error }
      let probe = try FileSystemProbe(real)
      if let recorded = root.identity, !probe.identity.matches(recorded) {
        tellOffline(root, Self.otherFileSystem)
        return false
      }
      if root.hasFiles, try DirectoryListing(real).isEmpty {
        tellOffline(root, "it is empty; is its disk mounted?")
        return false
      }
      root.real = real
      root.identity = probe.identity
      root.mountNumber = probe.mount
      root.remoteReason = probe.remoteName.map {
        "it lies on \($0), which does not tell of changes made elsewhere"
      }
      return enterRoot(root, real, probe)
    } catch {
      switch error {
      case _ where error.isShortage, .permissionDenied, .notPermitted:
        let phase = RootState.Phase.unreadable(Self.reason(error, root.configured))
        if root.phase != phase {
          emit(.rootUnreadable(root.configured, reason: Self.reason(error, root.configured)))
        }
        root.phase = phase
      case .noSuchFileOrDirectory: tellOffline(root, "it does not exist")
      case .notDirectory: tellOffline(root, "it is not a directory")
      default: tellOffline(root, HarkError.describe(errno: error.rawValue))
      }
      return false
    }
  }

  private static let otherFileSystem =
    "it lies on another file system than before; is its disk mounted?"

  private func enterRoot(_ root: RootState, _ real: FilePath, _ probe: FileSystemProbe) -> Bool {
    emit(.rootOnline(root.configured, real: real, identity: probe.identity))
    root.nextLook = nil
    if roots.contains(where: { $0 !== root && covers($0, real) }) {
      root.phase = .covered
      root.node = nil
      emit(.rootCovered(root.configured))
      return false
    }
    let identity = DirectoryIdentity(device: probe.device, inode: probe.inode)
    if let other = nodesByIdentity[identity] {
      emit(.directoryRemoved(other.path))
      drop(other)
    }
    let node = DirectoryNode(name: [], rootPath: real, identity: identity, mount: probe.mount)
    root.node = node
    root.phase = .online
    nodesByIdentity[identity] = node
    for inner in roots where inner !== root && inner.phase == .online {
      guard let innerReal = inner.real, covers(root, innerReal), let innerNode = inner.node else {
        continue
      }
      drop(innerNode)
      inner.node = nil
      inner.phase = .covered
      inner.nextLook = nil
      emit(.rootCovered(inner.configured))
    }
    return true
  }

  /// Whether an online root's scan comes by `path`: no hidden directory lies between.
  private func covers(_ root: RootState, _ path: FilePath) -> Bool {
    guard root.phase == .online, let real = root.real, path.isAtOrBelow(real) else { return false }
    let between = path.bytes.dropFirst(real.bytes.count).split(separator: UInt8(ascii: "/"))
    return between.allSatisfy { NameRules.verdict(Array($0), isDirectory: true) == .file }
  }

  /// Why an online root may not be what it was; `nil` if all is well.
  func doubt(about root: RootState) -> String? {
    guard let real = root.real, let node = root.node else { return "it is not known" }
    do throws(Errno) {
      guard try Self.realPath(root.configured) == real else { return "it leads elsewhere now" }
      let probe = try FileSystemProbe(real)
      guard probe.mount == root.mountNumber else { return Self.otherFileSystem }
      guard probe.inode == node.identity.inode else { return "it was replaced" }
      // Nobody tells of what is removed on a remote file system: empty may mean gone.
      if root.remoteReason != nil, root.hasFiles, try DirectoryListing(real).isEmpty {
        return "it is empty; is its disk mounted?"
      }
      return nil
    } catch {
      // The scan that follows meets the same, and has the root looked at again.
      if error.isShortage { return nil }
      return error == .noSuchFileOrDirectory
        ? "it does not exist" : HarkError.describe(errno: error.rawValue)
    }
  }

  func takeOffline(root: RootState, _ reason: String) {
    if let node = root.node { drop(node) }
    root.node = nil
    for path in root.mounts.keys { root.mounts[path]?.number = nil }
    tellOffline(root, reason)
    root.nextLook = MonotonicClock.now() + UInt64(options.offlineInterval * 1e9)
    uncover(below: root)
  }

  /// What `root` covered now stands for itself, or below another root.
  private func uncover(below root: RootState) {
    for inner in roots where inner.phase == .covered {
      guard let innerReal = inner.real, let real = root.real, innerReal.isAtOrBelow(real) else {
        continue
      }
      inner.phase = .unknown
      if open(inner) { scan(inner) }
    }
  }

  private func tellOffline(_ root: RootState, _ reason: String) {
    if root.phase != .offline(reason) { emit(.rootOffline(root.configured, reason: reason)) }
    root.phase = .offline(reason)
  }

  /// Looks at every root and mount after the mount table, or a watch, said that something changed.
  func checkMounts() {
    mountsAreInDoubt = false
    for root in roots {
      switch root.phase {
      case .online:
        if doubt(about: root) != nil { look(at: root) } else { checkMounts(below: root) }
      case .covered: break
      case .unknown, .offline, .unreadable: look(at: root)
      }
    }
  }

  // MARK: Orders

  func handle(_ rescan: Watcher.Rescan) {
    for root in roots {
      guard let path = rescan.path else {
        if rescan.isAdopting { adopt(root, below: nil) }
        look(at: root)
        continue
      }
      let home = root.real ?? root.configured
      if root.configured.isAtOrBelow(path) || home.isAtOrBelow(path) {
        if rescan.isAdopting { adopt(root, below: nil) }
        look(at: root)
      } else if path.isAtOrBelow(home), root.phase == .online {
        if rescan.isAdopting { adopt(root, below: path) }
        scan(nearestTo: path, in: root)
      }
    }
  }

  private func adopt(_ root: RootState, below path: FilePath?) {
    if path == nil, root.phase != .online {
      root.identity = nil
      root.hasFiles = false
    }
    for (mount, state) in root.mounts where state.number == nil {
      if path.map({ mount.isAtOrBelow($0) }) ?? true { root.mounts[mount] = nil }
    }
  }

  /// Scans the directory `path`, or the nearest one above it that is known.
  private func scan(nearestTo path: FilePath, in root: RootState) {
    var nearest = path
    while let real = root.real, nearest != real, nearest.isAtOrBelow(real) {
      if let (node, owner) = node(at: nearest) { return scan(node, in: owner) }
      nearest.removeLastComponent()
    }
    look(at: root)
  }

  /// The path with symbolic links resolved.
  private static func realPath(_ path: FilePath) throws(Errno) -> FilePath {
    guard let resolved = path.withPlatformString({ realpath($0, nil) }) else {
      throw Errno(rawValue: errno)
    }
    defer { free(resolved) }
    return FilePath(platformString: resolved)
  }
}
