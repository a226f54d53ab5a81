import Foundation

/// A directory of its own for one test, removed when the last reference goes.
public final class TemporaryDirectory: Sendable {
  public let url: URL

  public init() throws {
    let name = "hark-test-" + UUID().uuidString.prefix(8)
    // Resolved, because the watcher reports real paths.
    url = FileManager.default.temporaryDirectory.resolvingSymlinksInPath()
      .appendingPathComponent(String(name))
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(at: url) }

  public var path: String { url.path }

  /// A path inside the directory.
  public func callAsFunction(_ name: String) -> URL { url.appendingPathComponent(name) }
}
