import NIOConcurrencyHelpers
import NIOCore

/// The connections that are open: so that they can be cut off at the end, and so that one whose last
/// answer is given does nothing more.
final class OpenConnections: Sendable {
  private struct Connection {
    var channel: any Channel
    var isEnding = false
  }

  private let connections = NIOLockedValueBox<[ObjectIdentifier: Connection]>([:])
  private let isOver = NIOLockedValueBox(false)

  func add(_ channel: any Channel) {
    let id = ObjectIdentifier(channel)
    connections.withLockedValue { $0[id] = Connection(channel: channel) }
    channel.closeFuture.whenComplete { _ in
      _ = self.connections.withLockedValue { $0.removeValue(forKey: id) }
    }
    // Accepted before the end, and taken after it.
    if isOver.withLockedValue({ $0 }) { channel.close(promise: nil) }
  }

  /// The answer that is being written is the connection's last.
  func end(_ channel: any Channel) {
    connections.withLockedValue { $0[ObjectIdentifier(channel)]?.isEnding = true }
  }

  /// Whether the connection had its last answer. A request that was sent after it, in the same
  /// breath, must not be carried out: its bytes may belong to a body that was not read.
  func isEnding(_ channel: any Channel) -> Bool {
    connections.withLockedValue { $0[ObjectIdentifier(channel)]?.isEnding ?? true }
  }

  /// Cuts every connection off, and each that is still to come.
  func closeAll() {
    isOver.withLockedValue { $0 = true }
    let all = connections.withLockedValue { Array($0.values) }
    for connection in all { connection.channel.close(promise: nil) }
  }
}
