import API
import Core
import SystemPackage

/// Paths that requests name. They only look up what the library knows: nothing is opened.
enum RequestPath {
  /// A path as it is written.
  static func plain(
    _ bytes: some Collection<UInt8>, name: String
  ) throws(HarkError) -> FilePath {
    guard bytes.first == UInt8(ascii: "/"), !bytes.contains(0) else {
      throw HarkError(
        .invalidArgument, "“\(name)” must be an absolute path",
        remedy: "the daemon does not know the client's directory")
    }
    return FilePath(bytes: bytes).lexicallyNormalized()
  }

  /// A path's bytes in base64.
  static func base64(_ text: String, name: String) throws(HarkError) -> FilePath {
    guard let path = PathText.path(base64: text) else {
      throw HarkError(.invalidArgument, "“\(name)” must be a path's bytes in base64")
    }
    return try plain(path.bytes, name: name)
  }

  /// The one path of a key or of its companion; `nil` if neither is there.
  static func one(
    _ text: String?, base64: String?, name: String
  ) throws(HarkError) -> FilePath? {
    switch (text, base64) {
    case (nil, nil): return nil
    case (let text?, nil): return try plain(text.utf8, name: name)
    case (nil, let base64?): return try Self.base64(base64, name: name + "_base64")
    case (.some, .some):
      throw HarkError(
        .invalidArgument, "“\(name)” and “\(name)_base64” are given together",
        remedy: "give one of them")
    }
  }
}
