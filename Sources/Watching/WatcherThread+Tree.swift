import Core
import Glibc
import SystemPackage

/// The tree of directories: entering, watching and leaving them.
extension WatcherThread {
  /// The node for the directory `name`, made if need be; `nil` if it is not to be entered: the same
  /// directory is known by another path, or it is a mount that is offline.
  func enter(
    _ name: [UInt8], _ status: Status, parent: DirectoryNode, in root: RootState,
    isLink: Bool = false
  ) -> DirectoryNode? {
    let path = parent.path.entry(name)
    let isMount = !isLink && status.mount != parent.mount
    if isMount || root.mounts[path] != nil {
      guard admit(mount: path, isMounted: isMount, to: root) else {
        if let known = parent.children[name] { drop(known) }
        return nil
      }
    }
    if let known = parent.children[name] {
      if known.identity == status.identity, known.mount == status.mount { return known }
      drop(known)
    }
    if let other = nodesByIdentity[status.identity] {
      if isCurrent(other) {
        guard !isLink, other.isBehindLink else { return nil }
        // The real path wins over one through a link.
        emit(.directoryRemoved(other.path))
      }
      drop(other)
    }
    let node = DirectoryNode(
      name: name, identity: status.identity, mount: status.mount, isLink: isLink)
    parent.attach(node, as: name)
    nodesByIdentity[node.identity] = node
    return node
  }

  /// Whether a node's path still leads to its directory.
  private func isCurrent(_ node: DirectoryNode) -> Bool {
    guard roots.contains(where: { $0.node === node.top }) else { return false }
    return Status(node.path, follow: true)?.identity == node.identity
  }

  /// Has the kernel watch a directory, or notes why it is polled. Asked in every scan: for a
  /// directory that is watched already the kernel gives the same number again.
  func watch(_ node: DirectoryNode, at path: FilePath, in root: RootState) {
    guard let inotify else {
      root.pollReason = root.pollReason ?? inotifyFailure
      return
    }
    do throws(Errno) {
      if let error = watcher.faults.watch?(path) { throw error }
      if node.watch < 0, nodesByWatch.count >= options.watchLimit { throw .noSpace }
      let watch = try inotify.add(path)
      if node.watch >= 0, node.watch != watch { nodesByWatch[node.watch] = nil }
      if let other = nodesByWatch[watch], other !== node { other.watch = -1 }
      nodesByWatch[watch] = node
      node.watch = watch
    } catch {
      forgetWatch(of: node)
      switch error {
      case .noSpace: root.pollReason = Self.watchLimitReason
      // Told when the directory is listed.
      case .noSuchFileOrDirectory, .notDirectory, .permissionDenied: break
      default:
        root.pollReason =
          "'\(path.escaped)' cannot be watched: \(HarkError.describe(errno: error.rawValue))"
      }
    }
  }

  private static var watchLimitReason: String {
    // The smaller one counts: the second is that of a user namespace, as containers have it.
    let limits = ["fs/inotify/max_user_watches", "user/max_inotify_watches"].compactMap { name in
      number(in: "/proc/sys/\(name)").map {
        (name: name.replacing("/", with: "."), value: $0)
      }
    }
    let limit =
      limits.min { $0.value < $1.value } ?? (name: "fs.inotify.max_user_watches", value: 8192)
    return "the system's limit of \(limit.value) watched directories is reached; raise it with "
      + "'sysctl \(limit.name)=\(max(limit.value * 4, 8192))'"
  }

  private static func number(in file: String) -> Int? {
    let descriptor = open(file, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var buffer = [UInt8](repeating: 0, count: 32)
    let count = read(descriptor, &buffer, buffer.count)
    return Int(String(decoding: buffer[..<max(0, count)].filter { $0 > 32 }, as: UTF8.self))
  }

  private func forgetWatch(of node: DirectoryNode) {
    if node.watch >= 0, nodesByWatch[node.watch] === node { nodesByWatch[node.watch] = nil }
    node.watch = -1
  }

  /// Forgets a directory and everything below, and tells nothing.
  func drop(_ node: DirectoryNode) {
    if node.isAttached { pending.remove(under: node.path) }
    for one in node.subtree {
      if one.watch >= 0, nodesByWatch[one.watch] === one {
        nodesByWatch[one.watch] = nil
        inotify?.remove(one.watch)
      }
      one.watch = -1
      if nodesByIdentity[one.identity] === one { nodesByIdentity[one.identity] = nil }
    }
    node.detach()
  }

  /// The directory with this path, if it is known.
  func node(at path: FilePath) -> (DirectoryNode, RootState)? {
    for root in roots {
      guard let top = root.node, let real = root.real, path.isAtOrBelow(real) else { continue }
      var node = top
      let rest = path.bytes.dropFirst(real.bytes.count).split(separator: UInt8(ascii: "/"))
      var isFound = true
      for name in rest {
        guard let child = node.children[Array(name)] else {
          isFound = false
          break
        }
        node = child
      }
      if isFound { return (node, root) }
    }
    return nil
  }

  func root(of node: DirectoryNode) -> RootState? {
    let top = node.top
    return roots.first { $0.node === top }
  }
}
