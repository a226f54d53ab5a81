#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Wakes a thread that waits in poll(2): a pipe with at most one byte that matters.
public final class WakeSignal: Sendable {
  /// Readable while the signal is raised.
  public let descriptor: Int32
  private let writeEnd: Int32

  /// Throws ``HarkError`` (`system`) if descriptors are short.
  public init() throws(HarkError) {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else {
      throw HarkError.system("no pipe to wake a thread with", errno: errno)
    }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    descriptor = ends[0]
    writeEnd = ends[1]
  }

  deinit {
    close(descriptor)
    close(writeEnd)
  }

  public func raise() {
    var byte: UInt8 = 1
    // It can only fail where the pipe is full, and then the thread is woken already.
    _ = write(writeEnd, &byte, 1)
  }

  public func clear() {
    var bytes = [UInt8](repeating: 0, count: 256)
    while read(descriptor, &bytes, bytes.count) > 0 {}
  }
}
