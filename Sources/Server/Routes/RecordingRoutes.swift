import API
import Core
import Hummingbird
import Library

/// `GET /v1/recordings` and `GET /v1/recordings/{id}`.
struct RecordingRoutes: Sendable {
  let library: any LibraryService

  var routes: [Route] { [list, one] }

  private var list: Route {
    let parameters = [QueryParameter.limit, .cursor] + QueryParameter.under()
    return Route(
      method: .get, path: "/v1/recordings", name: "recordings",
      summary: "Recordings, oldest first, each with the files that hold it.",
      parameters: parameters,
      answer: AnswerDescription(
        description: "One page of recordings.", schema: Schema.reference("Recordings")),
      problems: [404],
      handler: { request, _ in
        let query = try QueryString(request.uri.query, allowing: parameters)
        let page = try await library.recordings(
          RecordingQuery(
            under: try query.path("under"),
            limit: try query.integer("limit", in: 1...10_000) ?? 100,
            after: try query.text("cursor").map(Cursor.recording)))
        return try .json(
          Wire.Recordings(
            recordings: page.elements.map(Wire.Recording.init),
            cursor: page.next.map(Cursor.encode)))
      })
  }

  private var one: Route {
    Route(
      method: .get, path: "/v1/recordings/{id}", name: "recording",
      summary: "One recording, with its facts, files and products.",
      answer: AnswerDescription(
        description: "The recording.", schema: Schema.reference("Recording")),
      problems: [404],
      handler: { request, context in
        _ = try QueryString(request.uri.query, allowing: [])
        let id = try RecordingID(parsing: context.parameters.get("id") ?? "", name: "id")
        return try .json(Wire.Recording(try await library.recording(id)))
      })
  }
}

extension RecordingID {
  /// Parses an id from a request. Throws `invalidArgument` naming the key.
  init(parsing text: String, name: String) throws(HarkError) {
    guard let id = RecordingID(text) else {
      throw HarkError(
        .invalidArgument, "“\(name)” must be a recording's id: 64 hexadecimal digits")
    }
    self = id
  }
}
