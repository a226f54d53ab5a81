import Core
import SystemPackage

/// Directories that could not be looked into when a scan last came by, and why.
struct UnreadableDirectories {
  private var reasons: [FilePath: String] = [:]

  /// Returns whether that is news.
  mutating func insert(_ path: FilePath, _ reason: String) -> Bool {
    reasons.updateValue(reason, forKey: path) != reason
  }

  /// Those at or below `root` are gone, or could be looked into, apart from `others`.
  mutating func remove(below root: FilePath, except others: [FilePath] = []) {
    guard !reasons.isEmpty else { return }
    let others = Set(others)
    reasons = reasons.filter { !$0.key.isAtOrBelow(root) || others.contains($0.key) }
  }

  /// One line that names one of them; `nil` if there are none.
  var warning: String? {
    guard let first = reasons.min(by: { $0.key.bytes.lexicographicallyPrecedes($1.key.bytes) })
    else { return nil }
    let others = reasons.count > 1 ? " (and \(reasons.count - 1) more folders)" : ""
    return "a folder cannot be looked into\(others): \(Self.shortened(first.value))"
  }

  /// A path may have four thousand bytes; its beginning and its end are enough to find it.
  private static func shortened(_ text: String) -> String {
    text.count <= 400 ? text : "\(text.prefix(200)) … \(text.suffix(150))"
  }
}
