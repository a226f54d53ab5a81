import Core
import Glibc
import SystemPackage

/// Looking through directories: watch first, then list, so that nothing falls in between.
extension WatcherThread {
  /// Tells everything below an online root.
  func scan(_ root: RootState) {
    guard let node = root.node else { return }
    begin(root)
    walk(node, in: root)
    followLinks(of: root)
    finish(root)
  }

  /// Tells everything below a directory that is new or in doubt.
  func scan(_ node: DirectoryNode, in root: RootState) {
    guard node !== root.node else { return scan(root) }
    statistics.scans += 1
    let path = node.path
    tellStart(of: path)
    walk(node, in: root)
    followLinks(of: root)
    guard !isBrokenOff(root) else { return }
    emit(.scanFinished(path))
    tellPolling(root)
  }

  func begin(_ root: RootState) {
    statistics.scans += 1
    openInotify()
    root.pollReason = root.remoteReason
    for path in root.mounts.keys { root.mounts[path]?.isSeen = false }
    root.links = []
    tellStart(of: root.node?.path ?? root.configured)
  }

  /// At once: who asks during a long scan hears of it.
  private func tellStart(of path: FilePath) {
    emit(.scanStarted(path))
    flush()
  }

  func finish(_ root: RootState) {
    guard !isBrokenOff(root) else { return }
    for (path, mount) in root.mounts where !mount.isSeen {
      takeOffline(mount: path, of: root, "it does not exist")
    }
    emit(.scanFinished(root.node?.path ?? root.configured))
    tellPolling(root)
  }

  /// Whether what a scan did not come by may still be there: the root went away meanwhile, which is
  /// told, or the watcher ends. A mount that went away is told, too, before the scan's end.
  private func isBrokenOff(_ root: RootState) -> Bool {
    guard !isStopped else { return true }
    if root.node != nil, let reason = doubt(about: root) {
      takeOffline(root: root, reason)
      return true
    }
    for (path, mount) in root.mounts {
      guard let number = mount.number, Status(path, follow: false)?.mount != number else {
        continue
      }
      if let (node, _) = node(at: path) { drop(node) }
      takeOffline(mount: path, of: root, "nothing is mounted there")
    }
    return false
  }

  /// Watches and lists `start` and all below; symbolic links to directories are put off.
  func walk(_ start: DirectoryNode, in root: RootState) {
    var stack = [start]
    while let node = stack.popLast() {
      // The kernel's queue is short; ours waits until the scan is through.
      inotify?.drain()
      guard !isStopped else { return }
      guard node.top === root.node else { continue }
      stack += list(node, in: root).reversed()
    }
  }

  /// Tells the files of one directory and returns the directories in it.
  private func list(_ node: DirectoryNode, in root: RootState) -> [DirectoryNode] {
    let path = node.path
    watch(node, at: path, in: root)
    let listing: DirectoryListing
    do throws(Errno) {
      if let error = watcher.faults.list?(path) { throw error }
      listing = try DirectoryListing(path)
    } catch {
      if error.isShortage { root.pollReason = Self.reason(error, path) }
      // A directory that is gone is told by its parent's events.
      if error != .noSuchFileOrDirectory {
        emit(.directoryUnreadable(path, reason: Self.reason(error, path)))
      }
      return []
    }
    node.isIncomplete = false
    node.isInDoubt = false
    var directories: [DirectoryNode] = []
    var seen: Set<[UInt8]> = []
    for entry in listing.entries {
      let child = path.entry(entry.name)
      if child.length >= Int(PATH_MAX), entry.kind == UInt8(DT_DIR) {
        // No call takes such a path, and what lies below must not count as gone.
        emit(.directoryUnreadable(child, reason: Self.reason(Errno(rawValue: ENAMETOOLONG), child)))
        continue
      }
      switch kind(of: entry, at: child) {
      case .file(let status):
        tellInScan(FileObservation(child, status))
        root.hasFiles = true
      case .directory(let status):
        seen.insert(entry.name)
        if let found = enter(entry.name, status, parent: node, in: root) {
          directories.append(found)
        }
      case .linkToDirectory:
        seen.insert(entry.name)
        root.links.append((node, entry.name))
      case .nothing: break
      case .unseen(let error):
        // Not gone: what is known of it stays.
        seen.insert(entry.name)
        node.isIncomplete = true
        if error == .permissionDenied, entry.kind != UInt8(DT_LNK) {
          // The directory lets nobody look at anything in it.
          emit(.directoryUnreadable(path, reason: Self.reason(error, path)))
          return directories
        }
        emit(.directoryUnreadable(child, reason: Self.reason(error, child)))
      }
    }
    for (name, child) in node.children where !seen.contains(name) { drop(child) }
    return directories
  }

  enum Kind {
    case file(Status)
    case directory(Status)
    case linkToDirectory(Status)
    case nothing
    /// There may be something, which cannot be looked at.
    case unseen(Errno)
  }

  /// What an entry is to the watcher. Sockets, pipes and devices are nothing; none is opened.
  private func kind(of entry: DirectoryListing.Entry, at path: FilePath) -> Kind {
    let types = [DT_REG, DT_DIR, DT_LNK, DT_UNKNOWN].map { UInt8($0) }
    guard types.contains(entry.kind) else {
      passOver(path)
      return .nothing
    }
    if entry.kind == UInt8(DT_REG) {
      // Most names that are passed over need no further question.
      guard isWanted(entry.name) else { return .nothing }
    }
    return kind(of: entry.name, at: path)
  }

  /// The same for a name from an event.
  func kind(of name: [UInt8], at path: FilePath) -> Kind {
    let found: (status: Status, isLink: Bool)?
    do throws(Errno) {
      if let error = watcher.faults.look?(path) { throw error }
      found = try Status.resolved(path)
    } catch {
      let isHidden = NameRules.verdict(name, isDirectory: true) != .file
      return isHidden ? .nothing : .unseen(error)
    }
    guard let (status, isLink) = found else { return .nothing }
    if status.isDirectory {
      guard NameRules.verdict(name, isDirectory: true) == .file else { return .nothing }
      return isLink ? .linkToDirectory(status) : .directory(status)
    }
    guard isWanted(name) else { return .nothing }
    if !status.isFile { passOver(path) }
    return status.isFile ? .file(status) : .nothing
  }

  /// A socket, a pipe or a device, which is never opened.
  private func passOver(_ path: FilePath) {
    statistics.skipped += 1
    guard passedOver.count < Self.mostPassedOver, passedOver.insert(path).inserted else { return }
    logger.notice(
      "passed over: it is neither a file nor a folder", metadata: ["file": "\(path.escaped)"])
  }

  /// Whether a file of this name is told; counts what is passed over.
  func isWanted(_ name: [UInt8]) -> Bool {
    let verdict = NameRules.verdict(name, isDirectory: false)
    if verdict == .notAudio { statistics.skipped += 1 }
    return verdict == .file
  }

  /// Tells a file that a scan came by: as settled unless it changed a moment ago.
  private func tellInScan(_ file: FileObservation) {
    statistics.filesInScans += 1
    var wall = timespec()
    clock_gettime(CLOCK_REALTIME, &wall)
    let age = Int64(wall.tv_sec) * 1_000_000_000 + Int64(wall.tv_nsec) - file.modified
    let isYoung = age >= 0 && age < Int64(options.settle * 1e9)
    guard isYoung || pending.contains(file.path) else { return emit(.found(file)) }
    if isYoung { pending.add(file, isClosed: true, now: MonotonicClock.now()) }
    emit(.writing(file.path))
  }

  /// The symbolic links that the walk has put off: real directories come first, so that a directory
  /// keeps its real path whatever the order.
  func followLinks(of root: RootState) {
    while !root.links.isEmpty {
      let links = root.links
      root.links = []
      for (parent, name) in links where parent.top === root.node {
        let path = parent.path.entry(name)
        let target = kind(of: name, at: path)
        if case .unseen(let error) = target {
          parent.isIncomplete = true
          emit(.directoryUnreadable(path, reason: Self.reason(error, path)))
        }
        guard case .linkToDirectory(let status) = target,
          let node = enter(name, status, parent: parent, in: root, isLink: true)
        else { continue }
        walk(node, in: root)
      }
    }
  }

  /// Why a directory cannot be read, and what to do.
  static func reason(_ error: Errno, _ path: FilePath) -> String {
    let words = HarkError.describe(errno: error.rawValue)
    if let remedy = HarkError.remedy(forShortage: error.rawValue) {
      return "'\(path.escaped)' cannot be read: \(words); \(remedy)"
    }
    guard error == .permissionDenied || error == .notPermitted else {
      return "'\(path.escaped)' cannot be read: \(words)"
    }
    return "'\(path.escaped)' cannot be read: \(words); give Hark's user access (setfacl -R -m "
      + "u:hark:rX, or its group), or run Hark as your own user"
  }
}

extension Errno {
  /// Whether the system had nothing left for the call, which says nothing about what it was asked for.
  var isShortage: Bool { HarkError.remedy(forShortage: rawValue) != nil }
}
