import ArgumentParser
import Core

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Which daemon to ask. Accepted before the command's name and after it.
struct ConnectionOptions: ParsableArguments {
  @Option(
    name: .long,
    help: ArgumentHelp(
      "The daemon's socket (default: HARK_SOCKET, else your own daemon's, else the system's).",
      valueName: "path"))
  var socket: PathArgument?
}

/// A command that asks the daemon.
protocol DaemonCommand: AsyncParsableCommand {
  var root: HarkCommand { get }
  var connection: ConnectionOptions { get }
}

extension DaemonCommand {
  /// The daemon that the options, or else the environment, name.
  var daemon: Daemon {
    let option = connection.socket ?? root.connection.socket
    return Daemon(
      location: SocketLocation(
        option: option?.path,
        environment: { name in
          guard let value = getenv(name) else { return nil }
          return Array(UnsafeBufferPointer(start: value, count: strlen(value))).map {
            UInt8(bitPattern: $0)
          }
        }))
  }
}
