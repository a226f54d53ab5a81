import API
import Core
import Hummingbird

/// The API's description (OpenAPI 3.1), made from the routes themselves.
enum OpenAPIDocument {
  /// The route that answers with it.
  static func route(describing routes: @escaping @Sendable () -> [Route]) -> Route {
    Route(
      method: .get, path: "/openapi.json", name: "openapi",
      summary: "This description.",
      answer: AnswerDescription(
        description: "An OpenAPI 3.1 document.", schema: ["type": "object"]),
      handler: { request, _ in
        _ = try QueryString(request.uri.query, allowing: [])
        return try .json(document(of: routes()))
      })
  }

  static func document(of routes: [Route]) -> JSONValue {
    var paths: [String: JSONValue] = [:]
    for route in routes {
      let operation = [route.method.rawValue.lowercased(): operation(route)]
      paths[route.path] = (paths[route.path] ?? [:]).adding(operation)
    }
    return [
      "openapi": "3.1.0",
      "info": [
        "title": "Hark", "version": .string(HarkVersion.current),
        "summary": "What sounds like this?",
        "description": """
        HTTP/1.1 over a Unix domain socket. Times are seconds. Paths are absolute; one that is \
        not UTF-8 appears escaped, and its exact bytes stand in a companion key that ends in \
        _base64. Errors are problem objects (RFC 9457). GET routes answer HEAD as well. \
        Operations whose x-hark-access is `control` change what the daemon does or cost it much; \
        its settings say who may use them, and a 403 who may not.
        """,
        "license": ["name": "GPL-3.0-or-later", "identifier": "GPL-3.0-or-later"],
      ],
      "servers": [
        ["url": "http://localhost", "description": "Over the socket; `hark` will do as well."]
      ],
      "paths": .object(paths),
      "components": [
        "schemas": .object(Schema.components),
        "responses": [
          "Problem": [
            "description": "What went wrong, and what to do about it.",
            "content": .object([
              Wire.Problem.mediaType: ["schema": Schema.reference("Problem")]
            ]),
          ]
        ],
      ],
    ]
  }

  private static func operation(_ route: Route) -> JSONValue {
    let problem: JSONValue = ["$ref": "#/components/responses/Problem"]
    var responses: [String: JSONValue] = [
      "\(route.answer.status)": [
        "description": .string(route.answer.description),
        "content": .object([route.answer.mediaType: ["schema": route.answer.schema]]),
      ],
      "default": problem,
    ]
    for status in Set(route.problems).union([400, 403]) { responses["\(status)"] = problem }
    var operation: [String: JSONValue] = [
      "operationId": .string(route.name), "summary": .string(route.summary),
      "responses": .object(responses), "x-hark-access": .string(route.access.rawValue),
    ]
    if let detail = route.detail { operation["description"] = .string(detail) }
    let parameters = route.pathParameters.map(pathParameter) + route.parameters.map(queryParameter)
    if !parameters.isEmpty { operation["parameters"] = .list(parameters) }
    if let body = route.body {
      operation["requestBody"] = [
        "required": .bool(body.isRequired),
        "content": .object(body.content.mapValues { ["schema": $0] }),
      ]
    }
    return .object(operation)
  }

  private static func pathParameter(_ name: String) -> JSONValue {
    ["name": .string(name), "in": "path", "required": true, "schema": Schema.id]
  }

  private static func queryParameter(_ parameter: QueryParameter) -> JSONValue {
    [
      "name": .string(parameter.name), "in": "query", "required": false,
      "description": .string(parameter.description),
      "schema": parameter.isRepeatable ? Schema.list(parameter.schema) : parameter.schema,
    ]
  }
}
