import Core
import HTTPTypes
import Hummingbird
import Library

/// Every route of the API.
struct RouteTable: Sendable {
  let routes: [Route]

  init(
    library: any LibraryService, configuration: ServerConfiguration, metrics: RequestMetrics
  ) {
    var routes: [Route] = []
    routes += StatusRoutes(library: library).routes
    routes += RecordingRoutes(library: library).routes
    routes += FileRoutes(library: library, configuration: configuration).routes
    // One for all routes that take audio: it bounds how much is under way at once.
    let reader = QuestionReader(
      library: library, configuration: configuration, spool: Spool(configuration))
    routes += SimilarRoutes(library: library, reader: reader).routes
    routes += IdentifyRoutes(library: library, reader: reader).routes
    routes += DuplicateRoutes(library: library).routes
    routes += TagRoutes(library: library, reader: reader).routes
    routes += ModelRoutes(library: library).routes
    routes += BackupRoutes(library: library, configuration: configuration).routes
    routes += EventRoutes(library: library, configuration: configuration).routes
    routes += MetricsRoutes(library: library, metrics: metrics).routes
    let described = routes + [OpenAPIDocument.route { [] }]
    self.routes = routes + [OpenAPIDocument.route { described }]
  }

  /// The router for exactly these routes. A known path with another method is answered with 405.
  func responder(metrics: RequestMetrics) -> RouterResponder<HarkContext> {
    let router = Router(context: HarkContext.self, options: .autoGenerateHeadEndpoints)
    router.add(middleware: MetricsMiddleware(metrics: metrics))
    router.add(middleware: ProblemMiddleware(methods: methods(of:)))
    for route in routes {
      router.on(RouterPath(route.path), method: route.method) { request, context in
        try Self.admit(request, to: route, context.client)
        if !route.takesTurn { context.client.turn.leave() }
        return try await route.handler(request, context)
      }
    }
    return router.buildResponder()
  }

  /// Throws `permissionDenied` for a control request of a client that may only read.
  private static func admit(
    _ request: Request, to route: Route, _ client: Client
  ) throws(HarkError) {
    guard route.access == .control else { return }
    guard client.mayControl else { throw .mayNotControl(client.peer) }
    client.log.tell(
      .control, .notice, "\(route.name) is asked for", client.peer, ["route": "\(route.path)"])
  }

  /// The methods that a path takes; empty for a path that is no route's.
  func methods(of path: String) -> [String] {
    let segments = path.split(separator: "/")
    let methods = routes.filter { route in
      let template = route.path.split(separator: "/")
      return template.count == segments.count
        && zip(template, segments).allSatisfy { $0 == $1 || $0.hasPrefix("{") }
    }.map(\.method)
    let all = Set(methods).union(methods.contains(.get) ? [.head] : [])
    return all.map(\.rawValue).sorted()
  }
}
