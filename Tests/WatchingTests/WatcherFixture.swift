import Core
import Foundation
import Glibc
import Logging
import SystemPackage
import TestSupport

@testable import Watching

/// Everything that a watcher has told so far.
actor Told {
  private(set) var changes: [Change] = []

  func append(_ batch: [Change]) { changes += batch }

  func clear() { changes = [] }
}

/// A running watcher and what it tells.
struct WatcherFixture {
  let watcher: Watcher
  let root: URL
  let told = Told()

  /// Short times; conditions are waited for, so a slow machine only takes longer.
  static let options = WatchingOptions(
    settle: 0.1, openSettle: 0.4, pollInterval: 0.2, offlineInterval: 0.1)

  /// Runs `body` with a watcher on `roots`, and ends the watcher afterwards.
  static func with(
    _ root: URL, roots: [WatchedRoot]? = nil, options: WatchingOptions = options,
    faults: WatchingFaults = WatchingFaults(), _ body: (WatcherFixture) async throws -> Void
  ) async throws {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let watcher = try Watcher(
      roots: roots ?? [WatchedRoot(path: FilePath(root.path))], options: options, logger: logger,
      faults: faults)
    let fixture = WatcherFixture(watcher: watcher, root: root)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await watcher.run() }
      group.addTask { for await batch in watcher.changes { await fixture.told.append(batch) } }
      do {
        try await body(fixture)
        watcher.stop()
        try await group.waitForAll()
      } catch {
        watcher.stop()
        throw error
      }
    }
  }

  func path(_ name: String) -> FilePath { FilePath(root.appendingPathComponent(name).path) }

  func write(_ name: String, _ text: String = "audio") throws {
    try Data(text.utf8).write(to: root.appendingPathComponent(name))
  }

  func makeDirectory(_ name: String) throws {
    try FileManager.default.createDirectory(
      at: root.appendingPathComponent(name), withIntermediateDirectories: true)
  }

  func remove(_ name: String) throws {
    try FileManager.default.removeItem(at: root.appendingPathComponent(name))
  }

  /// rename(2), which replaces what is there.
  func move(_ from: String, _ to: String) throws {
    guard rename(path(from).string, path(to).string) == 0 else {
      throw HarkError.system("rename \(from)", errno: errno)
    }
  }

  /// Waits for what `condition` finds in the changes told so far; `nil` after a generous time.
  func wait<Value>(for condition: ([Change]) -> Value?) async throws -> Value? {
    for _ in 0..<2000 {
      if let value = condition(await told.changes) { return value }
      try await Task.sleep(for: .milliseconds(10))
    }
    return nil
  }

  /// Whether this change is told.
  func tells(_ change: Change) async throws -> Bool {
    try await wait { $0.contains(change) ? true : nil } ?? false
  }

  /// The file once it is told as found.
  func found(_ name: String) async throws -> FileObservation? {
    let path = path(name)
    return try await wait { $0.found(path) }
  }

  /// Waits for a whole scan of `name` and returns what it told.
  func scanned(_ name: String = "") async throws -> [Change]? {
    let path = name.isEmpty ? FilePath(root.path) : path(name)
    return try await wait { changes in
      guard let end = changes.lastIndex(of: .scanFinished(path)),
        let start = changes[..<end].lastIndex(of: .scanStarted(path))
      else { return nil }
      return Array(changes[start...end])
    }
  }

  /// A marker that comes after everything that has happened so far.
  func settled(_ name: String = "marker-\(UUID()).wav") async throws {
    try write(name)
    _ = try await found(name)
  }
}

extension [Change] {
  func found(_ path: FilePath) -> FileObservation? {
    for case .found(let file) in self where file.path == path { return file }
    return nil
  }

  /// Paths told as found, in order.
  var foundPaths: [FilePath] {
    compactMap { if case .found(let file) = $0 { file.path } else { nil } }
  }

  /// Paths told as found or being written.
  var present: Set<FilePath> {
    Set(
      compactMap {
        switch $0 {
        case .found(let file): file.path
        case .writing(let path): path
        default: nil
        }
      })
  }

  func offlineReason(_ root: FilePath) -> String? {
    for case .rootOffline(root, let reason) in self { return reason }
    return nil
  }

  func mountOfflineReason(_ mount: FilePath) -> String? {
    for case .mountOffline(mount, let reason) in self { return reason }
    return nil
  }

  func mountIdentity(_ mount: FilePath) -> FileSystemIdentity? {
    for case .mountOnline(mount, let identity) in self { return identity }
    return nil
  }
}
