import Core
import Synchronization
import SystemPackage

/// How each root stands, as the watcher last said.
final class RootStates: Sendable {
  private struct Root {
    var state = LibraryStatus.Root.State.scanning
    var detail: String?
    /// What the root is when it is neither scanned nor away.
    var resting = LibraryStatus.Root.State.watching
    var restingDetail: String?
    /// The root with symbolic links resolved: where its files are known.
    var real: FilePath
  }

  private struct State {
    /// The roots of the settings, in their order.
    var order: [FilePath] = []
    /// Those, and others until the watcher says that it has dropped them.
    var roots: [FilePath: Root] = [:]
  }

  private let state = Mutex(State())

  init(_ seen: [SeenRoots.Root]) { replace(with: seen) }

  /// These are the roots of the settings from now on. Those that were there stay as they are.
  func replace(with seen: [SeenRoots.Root]) {
    state.withLock { state in
      state.order = seen.map(\.root.path)
      for one in seen where state.roots[one.root.path] == nil {
        state.roots[one.root.path] = Root(real: one.real)
      }
    }
  }

  /// Another root's scan tells the files of `path`: it waits for none of its own.
  func covered(_ path: FilePath) {
    change(path) {
      guard $0.state == .scanning else { return }
      $0.state = $0.resting
      $0.detail = $0.restingDetail
    }
  }

  /// The watcher has dropped `path`. A root that the settings have named again since is as new.
  func dropped(_ path: FilePath) {
    state.withLock { state in
      let real = state.order.contains(path) ? state.roots[path]?.real : nil
      state.roots[path] = real.map { Root(real: $0) }
    }
  }

  /// Where the roots really lie, in the order of the settings.
  var realPaths: [FilePath] {
    state.withLock { state in state.order.compactMap { state.roots[$0]?.real } }
  }

  /// The path by which a file is known that is named through a root's own name, which may lead through
  /// a symbolic link. Nothing is looked up on the disk.
  func known(_ path: FilePath) -> FilePath {
    state.withLock { state in
      let root = state.roots.filter { path.isAtOrBelow($0.key) && $0.value.real != $0.key }
        .max { $0.key.length < $1.key.length }
      guard let (configured, root) = root else { return path }
      var known = root.real
      guard path != configured else { return known }
      known.append(path.components.dropFirst(configured.components.count))
      return known
    }
  }

  func setReal(_ real: FilePath, of path: FilePath) { change(path) { $0.real = real } }

  func real(of path: FilePath) -> FilePath { state.withLock { $0.roots[path]?.real } ?? path }

  /// The root that `path` lies in; the innermost one if they are nested.
  func root(holding path: FilePath) -> FilePath? {
    state.withLock { state in
      state.roots.filter { path.isAtOrBelow($0.value.real) }
        .max { $0.value.real.length < $1.value.real.length }?.key
    }
  }

  var all: [LibraryStatus.Root] {
    state.withLock { state in
      state.order.compactMap { path in
        state.roots[path].map {
          LibraryStatus.Root(path: path, state: $0.state, detail: $0.detail)
        }
      }
    }
  }

  /// Whether a scan is under way, so that files may be missing from the catalogue.
  var isScanning: Bool {
    state.withLock { $0.roots.values.contains { $0.state == .scanning } }
  }

  /// A scan of `real` has begun; it says something about a root only where it is one.
  func scanStarted(_ real: FilePath) {
    change(real: real) {
      $0.state = .scanning
      $0.detail = nil
    }
  }

  func scanFinished(_ real: FilePath) {
    change(real: real) {
      guard $0.state == .scanning else { return }
      $0.state = $0.resting
      $0.detail = $0.restingDetail
    }
  }

  func set(_ path: FilePath, _ state: LibraryStatus.Root.State, _ detail: String?) {
    change(path) {
      if state == .polling || state == .watching {
        $0.resting = state
        $0.restingDetail = detail
        guard $0.state != .scanning else { return }
      }
      $0.state = state
      $0.detail = detail
    }
  }

  private func change(real: FilePath, _ body: (inout Root) -> Void) {
    let names = state.withLock { $0.roots.filter { $0.value.real == real }.map(\.key) }
    for name in names { change(name, body) }
  }

  private func change(_ path: FilePath, _ body: (inout Root) -> Void) {
    state.withLock { state in
      guard var root = state.roots[path] else { return }
      body(&root)
      state.roots[path] = root
    }
  }
}
