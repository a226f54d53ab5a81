import Core
import Glibc
import SystemPackage

/// What inotify says, and what comes of it.
extension WatcherThread {
  func handleEvents() {
    guard let inotify else { return }
    inotify.drain()
    if watcher.faults.overflow?() ?? false { inotify.injectOverflow() }
    if inotify.takeOverflow() {
      _ = inotify.takeEvents()
      return handleOverflow()
    }
    for event in inotify.takeEvents() { handle(event) }
  }

  /// Events were lost: only looking again helps.
  private func handleOverflow() {
    statistics.overflows += 1
    logger.warning("the queue of file events overflowed; looking through every folder again")
    expireRenames(.max)
    for root in roots where root.phase == .online { look(at: root) }
  }

  private func handle(_ event: InotifyEvent) {
    guard let node = nodesByWatch[event.watch] else { return }
    if event.has(Int(IN_IGNORED)) || event.has(Int(IN_UNMOUNT)) {
      nodesByWatch[event.watch] = nil
      node.watch = -1
      if event.has(Int(IN_UNMOUNT)) { forgetMount(of: node) }
      mountsAreInDoubt = true
      return
    }
    guard let root = root(of: node) else { return }
    guard !event.name.isEmpty else { return handleSelf(event, node, root) }
    let path = node.path.entry(event.name)
    if event.has(Int(IN_MOVED_FROM)) {
      leave(event, path, node)
    } else if event.has(Int(IN_MOVED_TO)) {
      arrive(event, path, node, root)
    } else if event.has(Int(IN_DELETE)) {
      remove(event.name, path, node, isDirectory: event.isDirectory)
    } else if event.has(Int(IN_ATTRIB)) {
      handleAttributes(event, path, node, root)
    } else {
      settleRenames(from: path)
      appear(event.name, path, node, root, isClosed: event.has(Int(IN_CLOSE_WRITE)))
    }
  }

  /// Something happened to a watched directory itself.
  private func handleSelf(_ event: InotifyEvent, _ node: DirectoryNode, _ root: RootState) {
    if event.has(Int(IN_ATTRIB)), node === root.node, node.isIncomplete { return look(at: root) }
    guard event.has(Int(IN_DELETE_SELF)) || event.has(Int(IN_MOVE_SELF)) else { return }
    if node === root.node {
      mountsAreInDoubt = true
    } else if node.isLink, Status(node.path, follow: true)?.identity != node.identity {
      // The target of a link: no parent's event tells of it.
      emit(.directoryRemoved(node.path))
      drop(node)
    }
  }

  /// A name is new, or was written to.
  func appear(
    _ name: [UInt8], _ path: FilePath, _ parent: DirectoryNode, _ root: RootState, isClosed: Bool
  ) {
    let known = parent.children[name]
    switch kind(of: name, at: path) {
    case .file(let status):
      loseLink(known, at: path)
      let file = FileObservation(path, status)
      // A hard link is never closed; its content is as old as the file.
      pending.add(file, isClosed: isClosed || status.links > 1, now: MonotonicClock.now())
    case .directory(let status):
      guard let node = enter(name, status, parent: parent, in: root), node !== known else { return }
      scan(node, in: root)
    case .linkToDirectory(let status):
      guard let node = enter(name, status, parent: parent, in: root, isLink: true) else {
        // The files of the folder that it leads to now are told by another path.
        if known != nil, root.mounts[path] == nil { emit(.directoryRemoved(path)) }
        return
      }
      if node !== known { scan(node, in: root) }
    case .nothing:
      loseLink(known, at: path)
      noteUnresolved(name, path, parent)
    case .unseen: parent.isIncomplete = true
    }
  }

  /// Forgets a symbolic link to a directory in whose place there is something else.
  private func loseLink(_ known: DirectoryNode?, at path: FilePath) {
    guard let known, known.isLink else { return }
    drop(known)
    emit(.directoryRemoved(path))
  }

  /// Notes an event whose path leads to nothing. Should a directory above have been renamed since, the
  /// event of that follows, and all below is looked at again (``arrive(directory:_:_:_:_:)``).
  private func noteUnresolved(_ name: [UInt8], _ path: FilePath, _ parent: DirectoryNode) {
    guard NameRules.verdict(name, isDirectory: true) == .file, Status(path, follow: false) == nil
    else { return }
    parent.isInDoubt = true
  }

  /// A file that has settled, as it is now.
  func observeSettled(_ path: FilePath) -> FileObservation? {
    if let file = observe(path) { return file }
    node(at: path.removingLastComponent())?.0.isInDoubt = true
    return nil
  }

  private func remove(
    _ name: [UInt8], _ path: FilePath, _ parent: DirectoryNode, isDirectory: Bool
  ) {
    if let child = parent.children[name] {
      drop(child)
      // Unmounted, and the folder then removed, as udisks and autofs do: the files are on the disk still.
      if let root = root(of: parent), root.mounts[path] != nil {
        return takeOffline(mount: path, of: root, "it does not exist")
      }
      emit(.directoryRemoved(path))
    } else if !isDirectory, NameRules.verdict(name, isDirectory: false) == .file {
      pending.remove(path)
      emit(.removed(path))
    }
  }

  private func handleAttributes(
    _ event: InotifyEvent, _ path: FilePath, _ parent: DirectoryNode, _ root: RootState
  ) {
    noteUnresolved(event.name, path, parent)
    if event.isDirectory {
      // A directory that could not be read may be readable now.
      guard case .directory(let status) = kind(of: event.name, at: path),
        let node = enter(event.name, status, parent: parent, in: root),
        node.watch < 0 || node.isIncomplete
      else { return }
      return scan(node, in: root)
    }
    guard !pending.contains(path), case .file(let status) = kind(of: event.name, at: path) else {
      return
    }
    let file = FileObservation(path, status)
    emit(.permissionsChanged(file))
    // A new modification time alone raises no other event.
    pending.add(file, isClosed: true, isTold: true, now: MonotonicClock.now())
  }
}
