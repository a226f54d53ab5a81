import Core
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

/// Renames, of which each half comes as an event of its own.
extension WatcherThread {
  func leave(_ event: InotifyEvent, _ path: FilePath, _ parent: DirectoryNode) {
    let child = parent.children[event.name]
    child?.detach()
    let isWanted = NameRules.verdict(event.name, isDirectory: event.isDirectory) == .file
    renames[event.cookie] = Rename(
      from: path, isWanted: isWanted, wasWritten: pending.isWritten(path), node: child,
      isDirectory: event.isDirectory || child != nil,
      due: MonotonicClock.now() + UInt64(options.renameWindow * 1e9))
  }

  func arrive(
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
  func settleRenames(from path: FilePath) {
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
