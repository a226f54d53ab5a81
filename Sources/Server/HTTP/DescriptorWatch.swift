import Glibc
import NIOCore

/// Notices that no descriptor is left for a connection. Those that wait are accepted later: NIO tries
/// again every second.
final class DescriptorWatch: ChannelInboundHandler {
  typealias InboundIn = any Channel

  /// Connections that are closed at a time, if they are idle, to have descriptors again.
  private static let victims = 16

  private let connections: OpenConnections
  private var isShort = false

  init(_ connections: OpenConnections) { self.connections = connections }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if let error = error as? IOError, error.errnoCode == EMFILE || error.errnoCode == ENFILE {
      isShort = true
      connections.log.tell(
        .crowding, .error,
        "no descriptor is left for another connection: idle ones are closed, and accepting goes on "
          + "in a second; raise LimitNOFILE, or lower max-connections", nil, ["error": "\(error)"])
      connections.makeRoom(Self.victims)
    }
    context.fireErrorCaught(error)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if isShort {
      isShort = false
      connections.log.tell(.recovery, .notice, "connections are accepted again", nil)
    }
    context.fireChannelRead(data)
  }
}
