import Core
import Glibc
import SystemPackage

/// Sockets that systemd opened for the daemon (sd_listen_fds(3)).
public enum InheritedSockets {
  /// One descriptor and the name that its socket unit gives it (`FileDescriptorName=`).
  public struct Socket: Hashable, Sendable {
    public var descriptor: FileDescriptor
    public var name: String?
  }

  /// The environment's variables that describe them. They mean this process alone: a child must not
  /// be given them.
  public static let variables = ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"]

  /// What the environment promises, if it means this process; empty otherwise. Each descriptor is
  /// marked to be closed in children.
  ///
  /// - Parameter first: the first descriptor, 3 by the protocol.
  public static func find(
    environment: [String: String], pid: Int32 = getpid(), first: Int32 = 3
  ) throws(HarkError) -> [Socket] {
    guard let owner = environment["LISTEN_PID"], Int32(owner) == pid,
      let count = environment["LISTEN_FDS"].flatMap({ Int32($0) }), count > 0
    else { return [] }
    let names = environment["LISTEN_FDNAMES"].map {
      $0.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
    }
    var sockets: [Socket] = []
    for index in 0..<count {
      let number = first + index
      let flags = fcntl(number, F_GETFD)
      guard flags >= 0, fcntl(number, F_SETFD, flags | FD_CLOEXEC) == 0 else {
        throw HarkError(
          .invalidArgument, "LISTEN_FDS promises descriptor \(number), which is not open",
          remedy: "start the daemon through its socket unit, or without LISTEN_FDS")
      }
      let name = names.flatMap { Int(index) < $0.count ? $0[Int(index)] : nil }
      sockets.append(Socket(descriptor: FileDescriptor(rawValue: number), name: name))
    }
    return sockets
  }
}
