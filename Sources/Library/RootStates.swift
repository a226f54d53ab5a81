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

  private let order: [FilePath]
  private let roots: Mutex<[FilePath: Root]>

  init(_ seen: [SeenRoots.Root]) {
    order = seen.map(\.root.path)
    roots = Mutex(
      Dictionary(seen.map { ($0.root.path, Root(real: $0.real)) }) { first, _ in first })
  }

  /// Where the roots really lie, in the order of the settings.
  var realPaths: [FilePath] { roots.withLock { roots in order.compactMap { roots[$0]?.real } } }

  func setReal(_ real: FilePath, of path: FilePath) { change(path) { $0.real = real } }

  func real(of path: FilePath) -> FilePath { roots.withLock { $0[path]?.real } ?? path }

  /// The root that `path` lies in; the innermost one if they are nested.
  func root(holding path: FilePath) -> FilePath? {
    roots.withLock { roots in
      roots.filter { path.isAtOrBelow($0.value.real) }
        .max { $0.value.real.length < $1.value.real.length }?.key
    }
  }

  var all: [LibraryStatus.Root] {
    roots.withLock { roots in
      order.compactMap { path in
        roots[path].map {
          LibraryStatus.Root(path: path, state: $0.state, detail: $0.detail)
        }
      }
    }
  }

  /// Whether a scan is under way, so that files may be missing from the catalogue.
  var isScanning: Bool { roots.withLock { $0.values.contains { $0.state == .scanning } } }

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
    let names = roots.withLock { $0.filter { $0.value.real == real }.map(\.key) }
    for name in names { change(name, body) }
  }

  private func change(_ path: FilePath, _ body: (inout Root) -> Void) {
    roots.withLock { roots in
      guard var root = roots[path] else { return }
      body(&root)
      roots[path] = root
    }
  }
}
