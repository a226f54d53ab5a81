import Core
import HTTPTypes
import Hummingbird
import HummingbirdCore
import Library
import Logging
import NIOCore
import ServiceLifecycle

/// Answers HTTP requests on a list of listeners.
///
/// On graceful shutdown it accepts nothing more, ends event streams, lets requests that are under way
/// finish within ``ServerConfiguration/drainTimeout``, and removes the sockets that it made.
public final class HarkServer: Service {
  private let listeners: [SocketListener]
  private let configuration: ServerConfiguration
  private let responder: HTTPChannelHandler.Responder
  private let connections: OpenConnections
  private let turns: Turns
  private let logger: Logger

  /// - Parameters:
  ///   - library: what answers.
  ///   - listeners: at least one; the server owns them from here on.
  public init(
    library: any LibraryService, listeners: [SocketListener],
    configuration: ServerConfiguration, logger: Logger
  ) {
    self.listeners = listeners
    self.configuration = configuration
    self.logger = logger
    connections = OpenConnections(
      limit: configuration.maximumConnections, log: PeerLog(logger))
    connections.rules = configuration.access
    turns = Turns(configuration)
    let metrics = RequestMetrics()
    let table = RouteTable(library: library, configuration: configuration, metrics: metrics)
    responder = Self.responder(
      table.responder(metrics: metrics), connections, turns, configuration, logger)
  }

  /// Who may ask and control from now on. Connections of those who may no longer ask are closed.
  public func setAccess(_ rules: AccessRules) { connections.rules = rules }

  public func run() async throws {
    try await withThrowingDiscardingTaskGroup { group in
      for listener in listeners {
        let http = HTTPListener(
          listener: listener, configuration: configuration, responder: responder,
          connections: connections, turns: turns, logger: logger)
        group.addTask { try await http.run() }
      }
    }
  }

  /// Joins the router to Hummingbird's connections: fills in the headers that every answer has, and
  /// decides whether the connection can be used again.
  private static func responder(
    _ router: RouterResponder<HarkContext>, _ connections: OpenConnections, _ turns: Turns,
    _ configuration: ServerConfiguration, _ logger: Logger
  ) -> HTTPChannelHandler.Responder {
    let longRequests = Places(configuration.maximumLongRequests, of: "long requests")
    return { request, writer, channel in
      guard !connections.isEnding(channel), let peer = connections.peer(of: channel) else {
        connections.takeTurn(of: channel)?.leave()
        try await channel.closeFuture.get()
        throw ConnectionEnded()
      }
      let client = Client(
        peer: peer, mayControl: connections.rules.mayControl(peer),
        turn: connections.takeTurn(of: channel) ?? turns.turn(of: peer.user),
        longRequests: longRequests, log: connections.log)
      defer { client.turn.leave() }
      let context = HarkContext(
        source: HarkContextSource(channel: channel, logger: logger, client: client))
      var response = try await router.respond(to: request, context: context)
      response.headers[.date] = HTTPDate.now
      response.headers[.server] = "hark/\(HarkVersion.current)"
      let asksToClose = request.headers[.connection]?.lowercased() == "close"
      if asksToClose || (request.hasBody && !context.body.isFinished) {
        response.headers[.connection] = "close"
      }
      if response.headers[.connection] == "close" { connections.end(channel) }
      guard client.turn.answering(length: response.body.contentLength) else {
        try await writer.write(response: response.head, body: response.body)
        return
      }
      let taken = connections.nextAnswerIsTaken(by: channel)
      try await writer.write(response: response.head, body: response.body)
      try await taken.get()
    }
  }
}

/// Ends the loop over a connection's requests after the last answer.
private struct ConnectionEnded: Error {}
