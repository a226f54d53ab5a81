import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A file that one process at a time holds locked (`flock(2)`), with that process's number in it.
///
/// The kernel drops the lock when the process ends, however it ends. The file itself stays: removing
/// it would let two processes hold a lock on two files of the same name.
public final class LockFile: Sendable {
  private let descriptor: Int32

  /// Opens the file, made with `permissions` if it is missing, and locks it.
  ///
  /// - Parameters:
  ///   - remedy: what helps where the file cannot be opened.
  ///   - whenHeld: the error where another holds it, given ` (process N)`, or nothing if the file does
  ///     not say who.
  public init(
    _ path: FilePath, permissions: FilePermissions, remedy: String,
    whenHeld: (_ holder: String) -> HarkError
  ) throws(HarkError) {
    let descriptor = path.withPlatformString {
      open($0, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, permissions.rawValue)
    }
    guard descriptor >= 0 else {
      throw .system("the lock \(path.escaped) cannot be opened", errno: errno, remedy: remedy)
    }
    guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
      let number = errno
      let holder = Self.holder(descriptor)
      close(descriptor)
      guard number == EWOULDBLOCK else {
        throw .system("the lock \(path.escaped) cannot be taken", errno: number)
      }
      throw whenHeld(holder.map { " (process \($0))" } ?? "")
    }
    // The number only helps people: the lock is what counts, so a failure here is none.
    _ = ftruncate(descriptor, 0)
    _ = "\(getpid())\n".withCString { pwrite(descriptor, $0, strlen($0), 0) }
    self.descriptor = descriptor
  }

  deinit {
    release()
    close(descriptor)
  }

  /// Gives the lock up. Closing alone would not do: a child that is just being started has a copy of
  /// every descriptor until its program runs, and the lock would stay with the copy.
  public func release() { flock(descriptor, LOCK_UN) }

  private static func holder(_ descriptor: Int32) -> Int32? {
    var buffer = [UInt8](repeating: 0, count: 16)
    let count = pread(descriptor, &buffer, buffer.count, 0)
    guard count > 0 else { return nil }
    return Int32(String(decoding: buffer[..<count].prefix { (0x30...0x39) ~= $0 }, as: UTF8.self))
  }
}
