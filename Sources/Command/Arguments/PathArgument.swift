import ArgumentParser
import Core
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A path as it stands on the command line, byte for byte.
struct PathArgument: ExpressibleByArgument, Hashable, Sendable {
  /// As given, relative or absolute.
  let path: FilePath

  init(_ path: FilePath) { self.path = path }

  init?(argument: String) {
    let bytes = ArgumentBytes.bytes(of: argument)
    guard !bytes.isEmpty else { return nil }
    path = FilePath(bytes: bytes)
  }

  static var defaultCompletionKind: CompletionKind { .file() }

  /// The absolute paths by which the library may know the file, likeliest first: the real path where
  /// the file exists (the daemon knows real paths), and the path made absolute by its letters alone,
  /// which is all there is when the file or its disk is away.
  func candidates(workingDirectory: FilePath? = Self.workingDirectory()) -> [FilePath] {
    var candidates: [FilePath] = []
    if let real = Self.realPath(path) { candidates.append(real) }
    let lexical = absolute(workingDirectory: workingDirectory)
    if let parent = Self.realPath(lexical.removingLastComponent()),
      let name = lexical.lastComponent
    {
      // The file is gone, its directory is not: symbolic links on the way still count.
      let path = parent.appending(name)
      if !candidates.contains(path) { candidates.append(path) }
    }
    if !candidates.contains(lexical) { candidates.append(lexical) }
    return candidates
  }

  /// The path made absolute, `.` and `..` resolved by their letters.
  func absolute(workingDirectory: FilePath? = Self.workingDirectory()) -> FilePath {
    guard path.isRelative, let workingDirectory else { return path.lexicallyNormalized() }
    return workingDirectory.pushing(path).lexicallyNormalized()
  }

  /// The directory in which the program runs; `nil` if it is gone.
  static func workingDirectory() -> FilePath? { realPath(".") }

  private static func realPath(_ path: FilePath) -> FilePath? {
    path.withPlatformString { pointer in
      guard let real = realpath(pointer, nil) else { return nil }
      defer { free(real) }
      return FilePath(platformString: real)
    }
  }
}
