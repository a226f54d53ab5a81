import Core
import Glibc
import SystemPackage

/// The first half of a rename, waiting for the second.
struct Rename {
  var from: FilePath
  /// Whether a file of the old name is told at all.
  var isWanted: Bool
  /// Whether it may have been written to a moment ago.
  var wasWritten: Bool
  /// The directory's node, if it was known.
  var node: DirectoryNode?
  var isDirectory: Bool
  var due: UInt64
}

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
    case .unseen: break
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
      // With a mount in it a directory cannot be removed: what is gone is gone.
      drop(child)
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

  // MARK: Renames

  private func leave(_ event: InotifyEvent, _ path: FilePath, _ parent: DirectoryNode) {
    let child = parent.children[event.name]
    child?.detach()
    let isWanted = NameRules.verdict(event.name, isDirectory: event.isDirectory) == .file
    renames[event.cookie] = Rename(
      from: path, isWanted: isWanted, wasWritten: pending.isWritten(path), node: child,
      isDirectory: event.isDirectory || child != nil,
      due: MonotonicClock.now() + UInt64(options.renameWindow * 1e9))
  }

  private func arrive(
    _ event: InotifyEvent, _ path: FilePath, _ parent: DirectoryNode, _ root: RootState
  ) {
    let half = renames.removeValue(forKey: event.cookie)
    settleRenames(from: path)
    guard let rename = half else {
      return appear(event.name, path, parent, root, isClosed: true)
    }
    let isWanted = NameRules.verdict(event.name, isDirectory: event.isDirectory) == .file
    guard rename.isWanted, isWanted else {
      if rename.isWanted { give(up: rename) }
      return appear(event.name, path, parent, root, isClosed: true)
    }
    if rename.isDirectory {
      arrive(directory: event.name, rename, path, parent, root)
    } else if !rename.wasWritten, !isTaken(rename.from, besides: path), let file = observe(path) {
      pending.remove(path)
      emit(.moved(from: rename.from, file))
    } else {
      // Just written to, gone again, exchanged with another file, or a symbolic link to a directory,
      // which the event does not tell from a file.
      give(up: rename)
      appear(event.name, path, parent, root, isClosed: true)
    }
    if isTaken(rename.from, besides: path) { lookAgain(at: rename.from) }
  }

  /// Whether something else lies where a file or directory was renamed from: the two were exchanged,
  /// or it has come since. A name that differs in case only may lead to the same file.
  private func isTaken(_ from: FilePath, besides path: FilePath) -> Bool {
    guard let left = Status(from, follow: false) else { return false }
    return left.identity != Status(path, follow: false)?.identity
  }

  private func arrive(
    directory name: [UInt8], _ rename: Rename, _ path: FilePath, _ parent: DirectoryNode,
    _ root: RootState
  ) {
    // What has left it would otherwise seem to have moved with it.
    settleRenames(from: rename.from)
    if let node = rename.node, let there = Status(path, follow: true),
      there.identity != node.identity
    {
      // Something else lies there by now, and the directory is told by where it went.
      give(up: rename)
      return appear(name, path, parent, root, isClosed: true)
    }
    emit(.directoryMoved(from: rename.from, to: path))
    pending.move(from: rename.from, to: path)
    guard let node = rename.node, nodesByIdentity[node.identity] === node else {
      // Never seen, or seen in its new place by a scan in between.
      return appear(name, path, parent, root, isClosed: true)
    }
    if let replaced = parent.children[name] { drop(replaced) }
    parent.attach(node, as: name)
    // What could not be watched at the old place counts for the new root, and what could not be found
    // there any more is found here.
    if node.subtree.contains(where: { $0.watch < 0 || $0.isInDoubt }) { scan(node, in: root) }
  }

  /// The second half of a rename did not come: it went out of the watched folders.
  func expireRenames(_ now: UInt64) {
    for (cookie, rename) in renames where rename.due <= now {
      guard renames.removeValue(forKey: cookie) != nil else { continue }
      give(up: rename)
      // The event of what is there now may still be on its way, or was dealt with by a scan.
      lookAgain(at: rename.from)
    }
  }

  /// Gives up the renames whose first half lies at or below `path` before anything else comes to lie
  /// there: what they take away must not be that.
  private func settleRenames(from path: FilePath) {
    for (cookie, rename) in renames where rename.from.isAtOrBelow(path) {
      renames[cookie] = nil
      give(up: rename)
    }
  }

  /// Tells what lies at a path, if anything does.
  private func lookAgain(at path: FilePath) {
    guard let name = path.lastComponent.map({ FilePath(root: nil, [$0]).bytes }),
      let (parent, root) = node(at: path.removingLastComponent())
    else { return }
    let known = parent.children[name]
    appear(name, path, parent, root, isClosed: false)
    // What a scan has told of it in between may just have been given up.
    if let known, parent.children[name] === known { scan(known, in: root) }
  }

  private func give(up rename: Rename) {
    pending.remove(under: rename.from)
    if let node = rename.node { drop(node) }
    guard rename.isWanted else { return }
    emit(rename.isDirectory ? .directoryRemoved(rename.from) : .removed(rename.from))
  }
}
