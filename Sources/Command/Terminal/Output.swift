import Core

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Bytes on their way to standard output, or to standard error, gathered into large writes.
///
/// Text goes through here rather than through `print`, because paths are bytes, and because a reader
/// that went away (`hark list | head`) must end the program as it ends any other.
struct Output: ~Copyable {
  private let descriptor: Int32
  private let limit: Int
  private var buffer: [UInt8] = []

  private init(descriptor: Int32, limit: Int) {
    self.descriptor = descriptor
    self.limit = limit
  }

  static func standard() -> Output { Output(descriptor: STDOUT_FILENO, limit: 1 << 16) }

  mutating func write(_ bytes: some Sequence<UInt8>) throws(HarkError) {
    buffer.append(contentsOf: bytes)
    if buffer.count >= limit { try flush() }
  }

  /// A line of text.
  mutating func line(_ text: String = "") throws(HarkError) {
    buffer.append(contentsOf: text.utf8)
    try write(CollectionOfOne(UInt8(ascii: "\n")))
  }

  /// Writes what was gathered. Must be called at the end: what is left in the buffer is lost.
  mutating func flush() throws(HarkError) {
    defer { buffer.removeAll(keepingCapacity: true) }
    try Self.write(buffer, to: descriptor)
  }

  /// Notes for people, on standard error, at once. Where nobody can read them they are dropped.
  static func note(_ text: String) {
    try? write(Array(text.utf8) + [UInt8(ascii: "\n")], to: STDERR_FILENO)
  }

  /// Text as it is on standard error, at once: a progress bar's.
  static func raw(_ text: String) { try? write(Array(text.utf8), to: STDERR_FILENO) }

  private static func write(_ bytes: [UInt8], to descriptor: Int32) throws(HarkError) {
    var start = 0
    while start < bytes.count {
      let count = bytes.withUnsafeBytes { raw in
        systemWrite(descriptor, raw.baseAddress.map { $0 + start }, bytes.count - start)
      }
      if count > 0 {
        start += count
        continue
      }
      switch errno {
      case EINTR: continue
      case EAGAIN:
        var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        _ = poll(&poller, 1, -1)
      case EPIPE where descriptor == STDOUT_FILENO:
        // SwiftNIO ignores SIGPIPE for the whole process; the reader's leaving is no error.
        signal(SIGPIPE, SIG_DFL)
        raise(SIGPIPE)
      default:
        throw HarkError.system("cannot write to standard output", errno: errno)
      }
    }
  }
}

private func systemWrite(_ descriptor: Int32, _ pointer: UnsafeRawPointer?, _ count: Int) -> Int {
  write(descriptor, pointer, count)
}
