import Core
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What must be on the disk when it returns. Everything here blocks.
enum Durable {
  static func synchronise(_ file: FileDescriptor, _ path: FilePath) throws(HarkError) {
    guard fsync(file.rawValue) == 0 else {
      throw .system("cannot write \(path.escaped) to disk", errno: errno)
    }
  }

  /// Makes the names in a directory last.
  static func synchronise(directory path: FilePath) throws(HarkError) {
    let descriptor = path.withPlatformString { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    guard descriptor >= 0 else { throw .system("cannot open \(path.escaped)", errno: errno) }
    defer { close(descriptor) }
    try synchronise(FileDescriptor(rawValue: descriptor), path)
  }

  static func rename(_ from: FilePath, to: FilePath) throws(HarkError) {
    let result = from.withPlatformString { old in
      to.withPlatformString {
        #if canImport(Glibc)
          Glibc.rename(old, $0)
        #else
          Musl.rename(old, $0)
        #endif
      }
    }
    guard result == 0 else { throw .system("cannot make \(to.escaped)", errno: errno) }
  }
}
