import Core
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The directory that holds everything Hark knows, owned by exactly one daemon at a time.
public final class StateDirectory: Sendable {
  public let path: FilePath
  private let lock: LockFile

  /// The catalogue's file.
  public var catalogue: FilePath { path.appending("catalogue.sqlite") }

  /// Copies of the models in use, so that an old one answers until a new one has caught up.
  public var models: FilePath { path.appending("model-copies") }

  /// Makes the directory (mode 0700) if it is missing, and takes its lock.
  ///
  /// Throws `locked`, with the other daemon's process number, if another daemon owns it.
  public init(path: FilePath) throws(HarkError) {
    self.path = path
    try Self.makeDirectory(path)
    try Self.makeDirectory(path.appending("model-copies"))
    lock = try LockFile(
      path.appending("LOCK"), permissions: .ownerReadWrite,
      remedy: "let harkd's user write the state directory, or give another with --state"
    ) { holder in
      HarkError(
        .locked, "another harkd\(holder) uses \(path.escaped)",
        remedy: "stop it, or give another directory with --state")
    }
  }

  private static func makeDirectory(_ path: FilePath) throws(HarkError) {
    var prefix = FilePath()
    prefix.root = path.root
    for component in path.components {
      prefix.append(component)
      let result = prefix.withPlatformString { mkdir($0, 0o700) }
      guard result != 0, errno != EEXIST, errno != EISDIR else { continue }
      let number = errno
      // On read-only parents mkdir says EROFS or EACCES even where the directory exists.
      if prefix.withPlatformString({ access($0, X_OK) }) == 0 { continue }
      throw .system(
        "cannot make the state directory \(prefix.escaped)", errno: number,
        remedy: "give a directory that harkd's user may write with --state")
    }
  }
}
