import Core
import Glibc
import SystemPackage

/// The lock beside a socket, `SOCKET.lock`: whoever holds it may replace the socket.
///
/// The kernel drops it when the process ends, however it ends. The file itself stays, because
/// removing it would let two processes hold a lock on two files of the same name.
struct SocketLock: Sendable {
  private let descriptor: FileDescriptor

  /// Throws `locked` with the holder's process id, or what the system says.
  init(for socket: FilePath) throws(HarkError) {
    let path = FilePath(bytes: socket.bytes + Array(".lock".utf8))
    do {
      descriptor = try FileDescriptor.open(
        path, .readWrite, options: [.create, .closeOnExec, .noFollow],
        permissions: [.ownerReadWrite, .groupRead, .otherRead])
    } catch {
      throw HarkError.system(
        "the lock \(path.escaped) cannot be opened", error,
        remedy: "make the socket's directory writable for the daemon, or choose another socket")
    }
    guard flock(descriptor.rawValue, LOCK_EX | LOCK_NB) == 0 else {
      let number = errno
      let holder = Self.holder(descriptor)
      try? descriptor.close()
      guard number == EWOULDBLOCK else {
        throw HarkError.system("the lock \(path.escaped) cannot be taken", errno: number)
      }
      throw HarkError(
        .locked, "another daemon\(holder) serves \(socket.escaped)",
        remedy: "stop it first, or choose another socket")
    }
    // Only for people and for the message above: the lock counts, not the text.
    let text = Array("\(getpid())\n".utf8)
    if ftruncate(descriptor.rawValue, 0) == 0 {
      _ = try? descriptor.writeAll(toAbsoluteOffset: 0, text)
    }
  }

  func release() { try? descriptor.close() }

  private static func holder(_ descriptor: FileDescriptor) -> String {
    var buffer = [UInt8](repeating: 0, count: 16)
    let count = buffer.withUnsafeMutableBytes {
      (try? descriptor.read(fromAbsoluteOffset: 0, into: $0)) ?? 0
    }
    let digits = buffer.prefix(count).prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")) ~= $0 }
    return digits.isEmpty ? "" : " (process \(String(decoding: digits, as: UTF8.self)))"
  }
}

extension HarkError {
  /// An error for what SystemPackage threw.
  static func system(
    _ message: String, _ error: any Error, remedy: String? = nil, file: String = #fileID,
    line: Int = #line
  ) -> HarkError {
    guard let number = error as? Errno else {
      return HarkError(
        .system, message, remedy: remedy, cause: "\(error)", file: file, line: line)
    }
    return .system(message, errno: number.rawValue, remedy: remedy, file: file, line: line)
  }
}
