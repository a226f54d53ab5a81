import Glibc
import SystemPackage

/// Sends messages with fields of their own to systemd's journal, in its native protocol: one datagram
/// a message, one field a line (systemd.journal-fields(7), and JOURNAL_NATIVE_PROTOCOL in systemd's
/// documents).
public final class JournalSocket: Sendable {
  private let descriptor: Int32

  /// `nil` where standard error does not lead to the journal, or the journal has no socket.
  ///
  /// - Parameter environment: `JOURNAL_STREAM` holds device and inode of what systemd made standard
  ///   error; a child whose output was redirected inherits the variable and fails the comparison.
  public convenience init?(
    environment: [String: String], path: FilePath = "/run/systemd/journal/socket"
  ) {
    var status = stat()
    guard let stream = environment["JOURNAL_STREAM"], fstat(STDERR_FILENO, &status) == 0,
      stream == "\(status.st_dev):\(status.st_ino)"
    else { return nil }
    self.init(path: path)
  }

  /// `nil` if nobody listens at `path`.
  init?(path: FilePath) {
    guard let address = try? UnixAddress(path) else { return nil }
    let kind = Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue | SOCK_NONBLOCK.rawValue)
    descriptor = socket(AF_UNIX, kind, 0)
    guard descriptor >= 0 else { return nil }
    guard address.withSockaddr({ connect(descriptor, $0, $1) }) == 0 else {
      close(descriptor)
      return nil
    }
  }

  deinit { close(descriptor) }

  /// Sends one message. Never waits.
  ///
  /// - Parameter fields: names in capitals, digits and `_`, such as `MESSAGE`, with their values.
  /// - Returns: whether the journal took it; a message too long for a datagram it does not.
  public func send(_ fields: [(name: String, value: String)]) -> Bool {
    let bytes = Self.encode(fields)
    return Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count
  }

  /// `NAME=value`, or, for a value of several lines, the name, its length as 64 bits little-endian and
  /// the value.
  static func encode(_ fields: [(name: String, value: String)]) -> [UInt8] {
    var bytes: [UInt8] = []
    for (name, value) in fields {
      bytes += name.utf8
      if value.utf8.contains(UInt8(ascii: "\n")) {
        bytes.append(UInt8(ascii: "\n"))
        withUnsafeBytes(of: UInt64(value.utf8.count).littleEndian) { bytes += $0 }
      } else {
        bytes.append(UInt8(ascii: "="))
      }
      bytes += value.utf8
      bytes.append(UInt8(ascii: "\n"))
    }
    return bytes
  }
}
