import HTTPTypes
import Hummingbird

/// One route: what the router is built from, and what `/openapi.json` describes.
struct Route: Sendable {
  typealias Handler = @Sendable (Request, HarkContext) async throws -> Response

  var method: HTTPRequest.Method
  /// With parameters in braces, as the router and OpenAPI both write them.
  var path: String
  /// OpenAPI's `operationId`.
  var name: String
  /// One line.
  var summary: String
  /// What else there is to know.
  var detail: String?
  var parameters: [QueryParameter] = []
  var body: RequestBodyDescription?
  var answer: AnswerDescription
  /// Who may use it.
  var access = RouteAccess.reading
  /// Whether it waits for its user's turn (``Turns``). A route that may take long without work of the
  /// processor does not.
  var takesTurn = true
  /// Statuses of the problems that it answers with, besides those that every route has.
  var problems: [Int] = []
  var handler: Handler

  /// The names in braces.
  var pathParameters: [String] {
    path.split(separator: "/").compactMap {
      $0.hasPrefix("{") && $0.hasSuffix("}") ? String($0.dropFirst().dropLast()) : nil
    }
  }
}

/// What a route does to the daemon.
enum RouteAccess: String, Sendable {
  /// It tells something and changes nothing.
  case reading
  /// It changes what the daemon does or knows, or costs it much.
  case control
}

/// A parameter in a route's URL.
struct QueryParameter: Sendable {
  var name: String
  var description: String
  /// JSON schema of one value.
  var schema: JSONValue
  /// Whether it may be given several times.
  var isRepeatable = false
}

/// A request's body, by media type.
struct RequestBodyDescription: Sendable {
  var isRequired: Bool
  /// Schema of each media type.
  var content: [String: JSONValue]
}

/// What a route answers when all is well.
struct AnswerDescription: Sendable {
  var status: Int = 200
  var description: String
  var mediaType = "application/json"
  var schema: JSONValue
}
