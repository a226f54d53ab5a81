import Core
import SystemPackage

/// File systems mounted below roots, and roots that are polled.
extension WatcherThread {
  /// Whether the directory `path`, which is a mount or was recorded as one, may be entered.
  func admit(mount path: FilePath, isMounted: Bool, to root: RootState) -> Bool {
    root.mounts[path]?.isSeen = true
    guard isMounted else {
      takeOffline(mount: path, of: root, "nothing is mounted there")
      return false
    }
    do throws(Errno) {
      let probe = try FileSystemProbe(path)
      if let known = root.mounts[path], known.number != probe.mount {
        guard probe.identity.matches(known.identity) else {
          takeOffline(mount: path, of: root, "another file system is mounted there")
          return false
        }
        guard try !DirectoryListing(path).isEmpty else {
          takeOffline(mount: path, of: root, Self.isEmpty)
          return false
        }
      }
      if root.mounts[path]?.number != probe.mount {
        emit(.mountOnline(path, identity: probe.identity))
      }
      root.mounts[path] = RootState.Mount(
        identity: probe.identity, number: probe.mount, isSeen: true)
      if let name = probe.remoteName {
        root.pollReason =
          "'\(path.escaped)' lies on \(name), which does not tell of changes made elsewhere"
      }
      return true
    } catch {
      if error.isShortage {
        root.pollReason = Self.reason(error, path)
        return root.mounts[path]?.number != nil
      }
      takeOffline(mount: path, of: root, HarkError.describe(errno: error.rawValue))
      return false
    }
  }

  func takeOffline(mount path: FilePath, of root: RootState, _ reason: String) {
    guard let mount = root.mounts[path] else { return }
    root.mounts[path]?.number = nil
    guard mount.offline != reason else { return }
    root.mounts[path]?.offline = reason
    emit(.mountOffline(path, reason: reason))
  }

  /// What `node` belonged to was unmounted. Something may be mounted in its place by now, with the same
  /// number and the same inode, which nothing watches.
  func forgetMount(of node: DirectoryNode) {
    guard let root = root(of: node) else { return }
    if node === root.node {
      root.mountNumber = .max
    } else {
      root.mounts[node.path]?.number = nil
    }
  }

  /// Compares the mounts below an online root with the mount table.
  func checkMounts(below root: RootState) {
    guard let real = root.real else { return }
    let mounted = Set(mountTable.mountPoints(below: real))
    for path in mounted.union(root.mounts.keys).sorted(by: <) {
      let isUnchanged =
        mounted.contains(path) && root.mounts[path]?.number != nil
        && root.mounts[path]?.number == Status(path, follow: false)?.mount
      let isStillOffline = !mounted.contains(path) && root.mounts[path]?.offline != nil
      guard !isUnchanged, !isStillOffline else { continue }
      checkMount(path, root)
    }
    tellPolling(root)
  }

  private func checkMount(_ path: FilePath, _ root: RootState) {
    guard let name = path.lastComponent.map(bytes),
      let (parent, owner) = node(at: path.removingLastComponent()), owner === root,
      NameRules.verdict(name, isDirectory: true) == .file
    else { return }
    guard let status = Status(path, follow: false), status.isDirectory else {
      if let known = parent.children[name] { drop(known) }
      return takeOffline(mount: path, of: root, "it does not exist")
    }
    if let node = enter(name, status, parent: parent, in: root) { scan(node, in: root) }
  }

  private func bytes(_ component: FilePath.Component) -> [UInt8] {
    FilePath(root: nil, [component]).bytes
  }

  private static let isEmpty = "it is empty"

  /// Tells when a root begins or ceases to be polled, and sets the time of the next look.
  func tellPolling(_ root: RootState) {
    guard root.phase == .online else { return }
    if let reason = root.pollReason {
      if root.toldReason != reason {
        logger.warning("'\(root.configured.escaped)' is polled: \(reason)")
        emit(.degraded(root.configured, reason: reason))
      }
      root.nextLook = MonotonicClock.now() + UInt64(options.pollInterval * 1e9)
    } else {
      if root.toldReason != nil { emit(.recovered(root.configured)) }
      // A file that appears on an empty mount raises no event: nothing watches it.
      let hasEmptyMount = root.mounts.values.contains { $0.offline == Self.isEmpty }
      root.nextLook =
        hasEmptyMount ? MonotonicClock.now() + UInt64(options.offlineInterval * 1e9) : nil
    }
    root.toldReason = root.pollReason
  }
}
