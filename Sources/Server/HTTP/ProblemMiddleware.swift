import API
import Core
import HTTPTypes
import Hummingbird
import Logging
import NIOHTTP1

/// Turns every error into a problem object: the one place where errors become answers.
struct ProblemMiddleware: RouterMiddleware {
  typealias Context = HarkContext

  /// The methods that a path takes; empty for a path that is no route's.
  let methods: @Sendable (String) -> [String]

  func handle(
    _ request: Request, context: HarkContext,
    next: (Request, HarkContext) async throws -> Response
  ) async throws -> Response {
    do {
      try request.refuseForeigners()
      return try await next(request, context)
    } catch {
      let allowed = (error as? HTTPError)?.status == .notFound ? methods(request.uri.path) : []
      let problem =
        allowed.isEmpty ? Self.problem(for: error, request) : .wrongMethod(request, allowed)
      let details: Logger.Metadata = [
        "method": "\(request.method)", "path": "\(request.uri.path)", "error": "\(error)",
      ]
      if problem.status == 403 {
        context.client.log.tell(
          .refusal, .warning, "a request was refused", context.client.peer, details)
      } else {
        // What is not there now (503) is no fault of the daemon's: any client could fill the journal.
        context.logger.log(
          level: problem.status == 503 || problem.status < 500 ? .debug : .error, "request failed",
          metadata: details.merging(context.client.peer.metadata) { $1 })
      }
      var response = Response(
        try WireJSON.encode(problem), type: Wire.Problem.mediaType,
        status: .init(code: problem.status))
      if !allowed.isEmpty { response.headers[.allow] = allowed.joined(separator: ", ") }
      if problem.status == 503 { response.headers[.retryAfter] = "1" }
      // A body would be taken for the beginning of the connection's next answer.
      if request.method == .head { response = response.createHeadResponse() }
      return response
    }
  }

  static func problem(for error: any Error, _ request: Request) -> Wire.Problem {
    switch error {
    case let error as HarkError: return Wire.Problem(error)
    case let failure as AnalysisFailure: return Wire.Problem(failure)
    case is BodyTooSlow:
      return Wire.Problem(
        HarkError(.timedOut, "the body did not arrive in time", remedy: "send it faster"))
    case let error as HTTPError where error.status == .notFound:
      return Wire.Problem(
        HarkError(
          .notFound, "there is no route \(request.uri.path)",
          remedy: "/openapi.json lists the routes"))
    case is HTTPParserError: return Wire.Problem(parserError: error)
    case is CancellationError:
      return Wire.Problem(HarkError(.unavailable, "the daemon is shutting down"))
    default:
      return Wire.Problem(HarkError(.defect, "the request failed", cause: "\(error)"))
    }
  }
}

extension Wire.Problem {
  /// A path that is there, asked with a method that it does not take.
  fileprivate static func wrongMethod(_ request: Request, _ allowed: [String]) -> Self {
    Self(
      title: "Method not allowed", status: 405,
      detail: "\(request.uri.path) does not take \(request.method)",
      code: HarkError.Code.invalidArgument.rawValue,
      remedy: "use \(allowed.joined(separator: " or "))")
  }
}
