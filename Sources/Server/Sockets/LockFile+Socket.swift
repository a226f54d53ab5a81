import Core
import SystemPackage

extension LockFile {
  /// The lock beside a socket, `SOCKET.lock`: whoever holds it may replace the socket.
  ///
  /// Throws `locked` with the holder's process id, or what the system says.
  convenience init(besideSocket socket: FilePath) throws(HarkError) {
    try self.init(
      FilePath(bytes: socket.bytes + Array(".lock".utf8)),
      permissions: [.ownerReadWrite, .groupRead, .otherRead],
      remedy: "make the socket's directory writable for the daemon, or choose another socket"
    ) { holder in
      HarkError(
        .locked, "another daemon\(holder) serves \(socket.escaped)",
        remedy: "stop it first, or choose another socket")
    }
  }
}
