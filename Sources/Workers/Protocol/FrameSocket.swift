import CLinux
import Core
import Glibc
import SystemPackage

/// One end of a worker's socket pair: whole frames in and out.
struct FrameSocket: Sendable {
  let descriptor: FileDescriptor

  /// A connected pair, both ends close-on-exec.
  static func pair() throws(HarkError) -> (pool: FrameSocket, worker: FrameSocket) {
    var ends: (Int32, Int32) = (-1, -1)
    let result = withUnsafeMutableBytes(of: &ends) { raw in
      socketpair(
        AF_UNIX, Int32(SOCK_SEQPACKET.rawValue | SOCK_CLOEXEC.rawValue), 0,
        raw.baseAddress?.assumingMemoryBound(to: Int32.self))
    }
    guard result == 0 else {
      throw HarkError.system("no socket pair for a worker", errno: errno)
    }
    return (
      FrameSocket(descriptor: FileDescriptor(rawValue: ends.0)),
      FrameSocket(descriptor: FileDescriptor(rawValue: ends.1))
    )
  }

  /// Sends one message, waiting while the socket's buffer is full. `attachment` stays the caller's.
  func send(
    _ message: Message, request: UInt32 = 0, attachment: FileDescriptor? = nil
  ) throws(Errno) {
    let bytes = message.encoded(request: request)
    let result = bytes.withUnsafeBytes {
      hark_send(descriptor.rawValue, $0.baseAddress, $0.count, attachment?.rawValue ?? -1)
    }
    guard result == 0 else { throw Errno(rawValue: result) }
  }

  /// What ``receive()`` brought.
  enum Received {
    /// The other end is closed.
    case end
    /// A packet, not yet decoded, and the descriptor that came with it: now the caller's.
    case packet([UInt8], FileDescriptor?)
  }

  /// Waits for one packet.
  func receive() throws(Errno) -> Received {
    var count = 0
    var attached: Int32 = -1
    var result: Int32 = 0
    let packet = [UInt8](unsafeUninitializedCapacity: Frame.maximumSize) { buffer, used in
      result = hark_receive(
        descriptor.rawValue, buffer.baseAddress, buffer.count, &count, &attached)
      used = count
    }
    guard result == 0 else { throw Errno(rawValue: result) }
    let attachment = attached >= 0 ? FileDescriptor(rawValue: attached) : nil
    if count == 0 {
      try? attachment?.close()
      return .end
    }
    return .packet(packet, attachment)
  }

  /// Tells the other end that nothing more will come.
  func shutdown() { _ = Glibc.shutdown(descriptor.rawValue, Int32(SHUT_RDWR)) }

  func close() { try? descriptor.close() }
}
