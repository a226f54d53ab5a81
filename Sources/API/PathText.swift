import Core
import FoundationEssentials
import SystemPackage

/// A path as JSON shows it.
///
/// A path that is UTF-8 appears as it is. One that is not appears escaped for people, and its exact
/// bytes follow in a companion key that ends in `_base64`.
public struct PathText: Hashable, Sendable {
  /// The path itself, or its escaped form when ``base64`` is there.
  public var text: String
  /// The path's bytes in base64 (RFC 4648 §4), only when they are not UTF-8.
  public var base64: String?

  public init(_ path: FilePath) {
    if let text = path.utf8Text {
      self.text = text
    } else {
      text = path.escaped
      base64 = Self.base64(path)
    }
  }

  public init(text: String, base64: String?) {
    self.text = text
    self.base64 = base64
  }

  /// The exact path, if ``base64`` is absent or well-formed.
  public var path: FilePath? {
    guard let base64 else { return FilePath(bytes: text.utf8) }
    return Self.path(base64: base64)
  }

  /// A path's bytes in base64.
  public static func base64(_ path: FilePath) -> String {
    Data(path.bytes).base64EncodedString()
  }

  /// The path whose bytes `text` holds in base64; `nil` if it is not base64, empty or holds a NUL.
  public static func path(base64 text: String) -> FilePath? {
    guard let data = Data(base64Encoded: text), !data.isEmpty, !data.contains(0) else {
      return nil
    }
    return FilePath(bytes: data)
  }
}

/// An object with a `path` and, where that is not UTF-8, a `path_base64`.
public protocol WirePathHolder {
  var path: String { get }
  var pathBase64: String? { get }
}

extension WirePathHolder {
  /// The exact path; `nil` only if `path_base64` is malformed.
  public var filePath: FilePath? { PathText(text: path, base64: pathBase64).path }
}

extension Wire {
  /// Several paths for one list: the texts, and every path's bytes as soon as one is not UTF-8.
  static func lists(_ paths: [FilePath]) -> (texts: [String], base64: [String]?) {
    let texts = paths.map(PathText.init)
    let isPlain = texts.allSatisfy { $0.base64 == nil }
    return (texts.map(\.text), isPlain ? nil : paths.map(PathText.base64))
  }
}
