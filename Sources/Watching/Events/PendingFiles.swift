import Core
import SystemPackage

/// Files that have changed a moment ago: told once they have been still for long enough.
struct PendingFiles {
  private struct Entry {
    var size: Int64
    var modified: Int64
    var isClosed: Bool
    /// Whether it was told before, and nothing says that it was written to since.
    var isTold: Bool
    var due: UInt64
    /// When it was seen to change first.
    var since: UInt64
  }

  private let settle: UInt64
  private let openSettle: UInt64
  private let patience: UInt64
  private var entries: [FilePath: Entry] = [:]
  /// Not later than the first entry's due time.
  private(set) var nextDue: UInt64?
  /// Files that had been changing for longer than anybody's patience when last looked at.
  private(set) var growing: Set<FilePath> = []

  init(_ options: WatchingOptions) {
    settle = UInt64(options.settle * 1e9)
    openSettle = UInt64(options.openSettle * 1e9)
    patience = UInt64(options.patience * 1e9)
  }

  /// Files that wait, growing ones left out.
  var count: Int { entries.count - growing.count }

  func contains(_ path: FilePath) -> Bool { entries[path] != nil }

  /// Whether a file waits that may be written to.
  func isWritten(_ path: FilePath) -> Bool { entries[path].map { !$0.isTold } ?? false }

  /// Begins to wait for `file`, anew if it is there already. Once closed, a file counts as closed.
  mutating func add(
    _ file: FileObservation, isClosed: Bool, isTold: Bool = false, now: UInt64
  ) {
    let since = entries[file.path]?.since ?? now
    let wasClosed = entries[file.path]?.isClosed ?? false
    let closed = isClosed || wasClosed
    let due = now + (closed ? settle : openSettle)
    entries[file.path] = Entry(
      size: file.size, modified: file.modified, isClosed: closed, isTold: isTold, due: due,
      since: since)
    nextDue = min(nextDue ?? due, due)
  }

  @discardableResult
  mutating func remove(_ path: FilePath) -> Bool {
    growing.remove(path)
    return entries.removeValue(forKey: path) != nil
  }

  mutating func remove(under directory: FilePath) {
    for path in entries.keys where path.isAtOrBelow(directory) { remove(path) }
  }

  /// What lay below `from` now lies below `to`.
  mutating func move(from: FilePath, to: FilePath) {
    for (path, entry) in entries where path.isAtOrBelow(from) {
      remove(path)
      entries[FilePath(bytes: to.bytes + path.bytes.dropFirst(from.bytes.count))] = entry
    }
  }

  /// Takes out the files that have been still since they were added; `observe` looks at a file, and
  /// one that it cannot see is forgotten. The others wait on.
  mutating func takeSettled(
    now: UInt64, observe: (FilePath) -> FileObservation?
  ) -> [FileObservation] {
    guard let nextDue, nextDue <= now else { return [] }
    var settled: [FileObservation] = []
    for (path, entry) in entries where entry.due <= now {
      guard let file = observe(path) else {
        remove(path)
        continue
      }
      if file.size == entry.size, file.modified == entry.modified {
        remove(path)
        settled.append(file)
      } else {
        add(file, isClosed: entry.isClosed, now: now)
        if now >= entry.since + patience { growing.insert(path) }
      }
    }
    self.nextDue = entries.values.lazy.map(\.due).min()
    return settled.sorted { $0.path < $1.path }
  }
}

extension FilePath {
  static func < (a: FilePath, b: FilePath) -> Bool {
    a.bytes.lexicographicallyPrecedes(b.bytes)
  }
}
