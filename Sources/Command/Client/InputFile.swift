import Core
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Opens audio files with the user's own rights.
enum InputFile {
  /// A descriptor, which the caller owns, and the file's length in bytes. Throws ``HarkError`` if
  /// there is no such file, if it may not be read, is no regular file, or is empty.
  static func open(_ path: FilePath) throws(HarkError) -> (FileDescriptor, byteCount: Int64) {
    let number = path.withPlatformString { systemOpen($0) }
    guard number >= 0 else {
      throw HarkError.system("cannot read \(path.escaped)", errno: errno)
    }
    do throws(HarkError) {
      return (FileDescriptor(rawValue: number), try byteCount(of: number, path))
    } catch {
      close(number)
      throw error
    }
  }

  /// Throws what ``open(_:)`` would throw.
  static func check(_ path: FilePath) throws(HarkError) {
    let (descriptor, _) = try open(path)
    try? descriptor.close()
  }

  private static func byteCount(
    of descriptor: Int32, _ path: FilePath
  ) throws(HarkError) -> Int64 {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      throw HarkError.system("cannot read \(path.escaped)", errno: errno)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      throw HarkError(
        .invalidArgument, "\(path.escaped) is no regular file", remedy: "name an audio file")
    }
    guard status.st_size > 0 else { throw HarkError(.corrupt, "\(path.escaped) is empty") }
    return Int64(status.st_size)
  }
}

/// Without O_NONBLOCK a named pipe would hold the program up.
private func systemOpen(_ path: UnsafePointer<CInterop.PlatformChar>) -> Int32 {
  open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY)
}
