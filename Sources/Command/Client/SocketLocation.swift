import Core
import SystemPackage

/// Where the daemon's socket may be.
struct SocketLocation: Hashable, Sendable {
  /// In the order in which they are tried; never empty.
  let candidates: [FilePath]

  init(_ candidates: [FilePath]) { self.candidates = candidates }

  /// A socket that was named, by `--socket` or else by `HARK_SOCKET`, is the only candidate. Otherwise
  /// the user's own daemon comes before the system's: whoever starts one of his own means that one,
  /// and where it does not run, the system's answers.
  init(option: FilePath?, environment: (String) -> [UInt8]?) {
    if let option {
      candidates = [option]
    } else if let named = environment("HARK_SOCKET"), !named.isEmpty {
      candidates = [FilePath(bytes: named)]
    } else if let runtime = environment("XDG_RUNTIME_DIR"), runtime.first == UInt8(ascii: "/") {
      candidates = [FilePath(bytes: runtime).appending("hark/hark.sock"), Self.system]
    } else {
      candidates = [Self.system]
    }
  }

  /// The system-wide daemon's socket.
  static let system: FilePath = "/run/hark/hark.sock"
}
