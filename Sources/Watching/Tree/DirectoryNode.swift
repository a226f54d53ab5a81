import Core
import SystemPackage

/// What makes a directory the same one whatever path leads to it.
struct DirectoryIdentity: Hashable {
  var device: UInt64
  var inode: UInt64
}

/// A directory that is looked after. Nodes know their name and parent only, so that a directory
/// moves with everything below it at no cost.
final class DirectoryNode {
  var name: [UInt8]
  private(set) weak var parent: DirectoryNode?
  private(set) var children: [[UInt8]: DirectoryNode] = [:]
  /// For the node of a root: its real path.
  private let rootPath: FilePath?
  let identity: DirectoryIdentity
  /// The kernel's mount number.
  let mount: UInt64
  /// inotify's number; -1 while nothing watches it.
  var watch: Int32 = -1
  /// Whether something in it could not be looked at.
  var isIncomplete = false
  /// Whether an event in it found nothing: its file is gone, or a directory above has moved since.
  var isInDoubt = false
  /// Whether a symbolic link led here.
  let isLink: Bool

  init(
    name: [UInt8], rootPath: FilePath? = nil, identity: DirectoryIdentity, mount: UInt64,
    isLink: Bool = false
  ) {
    self.name = name
    self.rootPath = rootPath
    self.identity = identity
    self.mount = mount
    self.isLink = isLink
  }

  /// Complexity: O(depth).
  var path: FilePath {
    var names: [[UInt8]] = []
    var node = self
    while let parent = node.parent {
      names.append(node.name)
      node = parent
    }
    var bytes = node.rootPath?.bytes ?? []
    for name in names.reversed() {
      if bytes.last != UInt8(ascii: "/") { bytes.append(UInt8(ascii: "/")) }
      bytes += name
    }
    return FilePath(bytes: bytes)
  }

  /// Whether a symbolic link lies on the way from the root.
  var isBehindLink: Bool {
    var node: DirectoryNode? = self
    while let current = node {
      if current.isLink { return true }
      node = current.parent
    }
    return false
  }

  /// The topmost node above.
  var top: DirectoryNode {
    var node = self
    while let parent = node.parent { node = parent }
    return node
  }

  /// Whether a root is above it. While it waits for the second half of a rename none is, and its path
  /// says nothing.
  var isAttached: Bool { top.rootPath != nil }

  func attach(_ child: DirectoryNode, as name: [UInt8]) {
    child.name = name
    child.parent = self
    children[name] = child
  }

  func detach() {
    guard let parent else { return }
    if parent.children[name] === self { parent.children[name] = nil }
    self.parent = nil
  }

  /// This node and everything below.
  var subtree: [DirectoryNode] {
    var found = [self]
    var next = 0
    while next < found.count {
      found += found[next].children.values
      next += 1
    }
    return found
  }
}
