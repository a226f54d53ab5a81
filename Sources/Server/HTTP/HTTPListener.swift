import Core
import Glibc
import Hummingbird
import HummingbirdCore
import Logging
import NIOConcurrencyHelpers
import NIOCore
import NIOExtras
import NIOPosix
import ServiceLifecycle

/// Serves one listening socket until shutdown: accepts, and drains what is under way at the end.
struct HTTPListener: Sendable {
  let listener: SocketListener
  let configuration: ServerConfiguration
  let responder: HTTPChannelHandler.Responder
  let connections: OpenConnections
  let turns: Turns
  let logger: Logger

  /// Accepts on a thread of its own: beside the connections it would be one of hundreds that are ready,
  /// and whoever knocks would wait for all of them, time and again.
  private static let accepting = MultiThreadedEventLoopGroup(numberOfThreads: 1)

  /// Returns once every connection has ended after a graceful shutdown. Throws what NIO throws if the
  /// socket cannot be served.
  func run() async throws {
    defer { listener.release() }
    let http = HTTP1Channel(responder: responder, configuration: channelConfiguration)
    let group = MultiThreadedEventLoopGroup.singleton
    let quiescing = ServerQuiescingHelper(group: group)
    let server = try await serve(http, group, quiescing)
    logger.info("listening", metadata: ["socket": "\(listener.path?.escaped ?? "inherited")"])
    await withTaskCancellationHandler {
      await withGracefulShutdownHandler {
        // A task of its own, which cancellation does not reach: a cancelled sequence drops accepted
        // connections that nobody has taken yet, and NIO ends the process for that. Shutting down
        // closes the listening socket, and so the sequence ends by itself.
        await Task { await accept(server, http) }.value
      } onGracefulShutdown: {
        quiescing.initiateShutdown(promise: nil)
        // Whatever is left after the time to drain is cut off.
        server.channel.eventLoop.scheduleTask(in: TimeAmount(configuration.drainTimeout)) {
          connections.closeAll()
        }
      }
    } onCancel: {
      quiescing.initiateShutdown(promise: nil)
      server.channel.eventLoop.execute { connections.closeAll() }
    }
  }

  private func accept(
    _ server: NIOAsyncChannel<HTTP1Channel.Value, Never>, _ http: HTTP1Channel
  ) async {
    await withDiscardingTaskGroup { tasks in
      do {
        try await server.executeThenClose { inbound in
          for try await connection in inbound {
            tasks.addTask { await http.handle(value: connection, logger: logger) }
          }
        }
      } catch {
        logger.error("accepting connections failed", metadata: ["error": "\(error)"])
      }
    }
  }

  private func serve(
    _ http: HTTP1Channel, _ group: MultiThreadedEventLoopGroup,
    _ quiescing: ServerQuiescingHelper
  ) async throws -> NIOAsyncChannel<HTTP1Channel.Value, Never> {
    let (logger, connections) = (logger, connections)
    let server = try await ServerBootstrap(group: Self.accepting, childGroup: group)
      .serverChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let handlers = channel.pipeline.syncOperations
          try handlers.addHandler(DescriptorWatch(connections))
          try handlers.addHandler(quiescing.makeServerChannelHandler(channel: channel))
        }
      }
      // By default NIO accepts four, and then looks after everything else.
      .serverChannelOption(ChannelOptions.maxMessagesPerRead, value: 64)
      // A client may close its sending side after the request and still read the answer.
      .childChannelOption(ChannelOptions.allowRemoteHalfClosure, value: true)
      .bind(listener.descriptor.rawValue) { channel in
        connections.add(channel)
        return http.setup(channel: channel, logger: logger).flatMapThrowing {
          try TargetHosts.join(channel)
          return $0
        }
      }
    // NIO lets 128 wait. Clients that do not wait themselves would be turned away when many come.
    listen(listener.descriptor.rawValue, SOMAXCONN)
    return server
  }

  private var channelConfiguration: HTTP1Channel.Configuration {
    let (configuration, connections, turns) = (configuration, connections, turns)
    return HTTP1Channel.Configuration(
      additionalChannelHandlers: [
        ConnectionGuard(configuration, connections), TurnGate(turns, connections),
      ],
      idleTimeout: TimeAmount(configuration.idleTimeout),
      httpDecoderConfiguration: .init(
        maxHeaderFieldSize: configuration.maximumHeaderBytes,
        maxHeaderListSize: configuration.maximumHeaderBytes,
        maxHeaderFieldCount: configuration.maximumHeaders))
  }
}
