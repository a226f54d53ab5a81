import CLinux
import Glibc
import Logging

/// Who is at the other end of a connection, as the kernel saw it when it connected (unix(7)).
///
/// Groups are the process's own (SO_PEERGROUPS), not those that the user database lists
/// (getgrouplist(3)): they are the ones by which the socket's mode let it in, a program that has given
/// groups up does not get them back, and asking takes no name service.
struct Peer: Hashable, Sendable {
  var process: Int32
  var user: UInt32
  var group: UInt32
  /// Supplementary groups.
  var groups: [UInt32]

  init(process: Int32, user: UInt32, group: UInt32, groups: [UInt32] = []) {
    self.process = process
    self.user = user
    self.group = group
    self.groups = groups
  }

  /// `nil` if the kernel does not say.
  init?(socket: Int32) {
    var peer = hark_peer()
    var count = 64
    while true {
      var groups = [gid_t](repeating: 0, count: count)
      switch hark_peer_of(socket, &peer, &groups, &count) {
      case 0:
        self.init(
          process: peer.process, user: peer.user, group: peer.group,
          groups: Array(groups.prefix(count)))
        return
      case ERANGE where count > groups.count: continue
      default: return nil
      }
    }
  }

  /// Root, and the user as whom the daemon runs: they could change its files and its rules.
  var isTrusted: Bool { user == 0 || user == geteuid() }

  /// What a log message says about it.
  var metadata: Logger.Metadata {
    ["peer-pid": "\(process)", "peer-user": "\(user)", "peer-group": "\(group)"]
  }
}
