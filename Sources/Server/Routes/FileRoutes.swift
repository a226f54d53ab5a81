import API
import Core
import Hummingbird
import Library

/// `GET /v1/files`, `POST /v1/rescan` and `POST /v1/forget`.
struct FileRoutes: Sendable {
  let library: any LibraryService
  let configuration: ServerConfiguration

  var routes: [Route] { [list, rescan, forget] }

  private static let state = QueryParameter(
    name: "state", description: "Only files in this state; without it all but skipped ones.",
    schema: [
      "type": "string", "enum": .list(FileEntry.State.allCases.map { .string($0.rawValue) }),
    ],
    isRepeatable: true)

  private var list: Route {
    let parameters =
      [Self.state, .limit, .cursor] + QueryParameter.under() + QueryParameter.path
    return Route(
      method: .get, path: "/v1/files", name: "files",
      summary: "Files in the order of their paths' bytes, or one file.",
      detail: "`path` or `path_base64` asks for one file and goes with no other parameter.",
      parameters: parameters,
      answer: AnswerDescription(
        description: "One page of files.", schema: Schema.reference("Files")),
      problems: [404],
      handler: { request, _ in
        let query = try QueryString(request.uri.query, allowing: parameters)
        if let path = try query.path("path") {
          guard !["state", "limit", "cursor", "under", "under_base64"].contains(where: query.has)
          else {
            throw HarkError(
              .invalidArgument, "“path” asks for one file and goes with no other parameter")
          }
          let file = try await library.file(at: path)
          return try .json(Wire.Files(files: [Wire.File(file)], cursor: nil))
        }
        let page = try await library.files(
          FileQuery(
            states: try states(query), under: try query.path("under"),
            limit: try query.integer("limit", in: 1...10_000) ?? 100,
            after: try query.text("cursor").map(Cursor.path)))
        return try .json(
          Wire.Files(files: page.elements.map(Wire.File.init), cursor: page.next.map(Cursor.encode))
        )
      })
  }

  private func states(_ query: QueryString) throws(HarkError) -> Set<FileEntry.State> {
    var states: Set<FileEntry.State> = []
    for text in try query.texts("state") {
      guard let state = FileEntry.State(rawValue: text) else {
        let known = FileEntry.State.allCases.map(\.rawValue).joined(separator: ", ")
        throw HarkError(.invalidArgument, "“state” must be one of \(known)")
      }
      states.insert(state)
    }
    return states
  }

  private var rescan: Route {
    Route(
      method: .post, path: "/v1/rescan", name: "rescan",
      summary: "Scans again below a directory, or everything, and tries failed files again.",
      detail: "Answers at once; `/v1/events` tells what comes of it. With “adopt” a folder that is "
        + "offline because its disk is another one than before, or because it is empty, is taken as "
        + "it is.",
      body: RequestBodyDescription(
        isRequired: false, content: ["application/json": Schema.reference("Rescan")]),
      answer: AnswerDescription(
        status: 202, description: "What is scanned.", schema: Schema.reference("Rescan")),
      access: .control,
      problems: [404, 408, 413, 415],
      handler: { request, context in
        _ = try QueryString(request.uri.query, allowing: [])
        let order = try await request.json(
          Wire.Rescan.self, context, limit: configuration.maximumJSONBytes,
          fallback: Wire.Rescan(under: nil))
        let directory = try RequestPath.one(
          order.under, base64: order.underBase64, name: "under")
        let isAdopting = order.adopt ?? false
        guard !isAdopting || directory != nil else {
          throw HarkError(
            .invalidArgument, "“adopt” without “under” would take every disk that is away for gone",
            remedy: "name the folder in “under” or “under_base64”")
        }
        try await library.rescan(under: directory, adopting: isAdopting)
        return try .json(
          Wire.Rescan(under: directory, adopt: order.adopt), status: .accepted)
      })
  }

  private var forget: Route {
    Route(
      method: .post, path: "/v1/forget", name: "forget",
      summary: "Forgets a file's analysis; a file that is still there is analysed afresh.",
      body: RequestBodyDescription(
        isRequired: true, content: ["application/json": Schema.reference("Forget")]),
      answer: AnswerDescription(
        description: "The file that was forgotten.", schema: Schema.reference("Forget")),
      access: .control,
      problems: [404, 408, 413, 415],
      handler: { request, context in
        _ = try QueryString(request.uri.query, allowing: [])
        let order = try await request.json(
          Wire.Forget.self, context, limit: configuration.maximumJSONBytes)
        guard
          let path = try RequestPath.one(order.path, base64: order.pathBase64, name: "path")
        else {
          throw HarkError(
            .invalidArgument, "“path” is missing", remedy: "give “path” or “path_base64”")
        }
        try await library.forget(path)
        return try .json(Wire.Forget(path: path))
      })
  }
}
