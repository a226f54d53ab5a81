import Core
import SystemPackage

@testable import Watching

extension [Change] {
  /// The files that are known after these changes, as whoever writes them down would hold them.
  var known: Set<FilePath> {
    var known: Set<FilePath> = []
    /// What each scan under way has seen, and where nobody could look.
    var seen: [FilePath: Set<FilePath>] = [:]
    var closed: [FilePath] = []
    func see(_ path: FilePath) {
      for scan in [FilePath](seen.keys) where path.isAtOrBelow(scan) { seen[scan]?.insert(path) }
    }
    for change in self {
      switch change {
      case .found(let file):
        known.insert(file.path)
        see(file.path)
      case .writing(let path): see(path)
      case .moved(let old, let file):
        known.remove(old)
        known.insert(file.path)
      case .removed(let path): known.remove(path)
      case .directoryMoved(let old, let new):
        let moved = known.filter { $0.isAtOrBelow(old) }
        known = known.filter { !$0.isAtOrBelow(old) && !$0.isAtOrBelow(new) }
        known.formUnion(
          moved.map { FilePath(bytes: new.bytes + $0.bytes.dropFirst(old.bytes.count)) })
      case .directoryRemoved(let path): known = known.filter { !$0.isAtOrBelow(path) }
      case .directoryUnreadable(let path, _), .mountOffline(let path, _): closed.append(path)
      case .rootOffline(let path, _):
        for scan in [FilePath](seen.keys) where scan.isAtOrBelow(path) { seen[scan] = nil }
      case .scanStarted(let path):
        seen[path] = []
        closed = []
      case .scanFinished(let path):
        guard let files = seen.removeValue(forKey: path) else { break }
        known = known.filter { file in
          !file.isAtOrBelow(path) || files.contains(file)
            || closed.contains { file.isAtOrBelow($0) }
        }
      default: break
      }
    }
    return known
  }
}
