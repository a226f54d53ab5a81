import API
import Core
import HTTPTypes
import Hummingbird
import Library
import NIOCore

/// `POST /v1/similar`: a JSON query, or audio with the rest of the query in the URL.
struct SimilarRoutes: Sendable {
  let library: any LibraryService
  let configuration: ServerConfiguration
  private let spool: Spool

  init(library: any LibraryService, configuration: ServerConfiguration) {
    self.library = library
    self.configuration = configuration
    spool = Spool(configuration)
  }

  var routes: [Route] {
    [
      Route(
        method: .post, path: "/v1/similar", name: "similar",
        summary: "What sounds like this?",
        detail: """
          With JSON, the query names recordings of the library. With any other type the body is \
          audio, which is analysed on the spot and kept nowhere, and the URL holds the rest of the \
          query. The daemon opens no path that a request names.
          """,
        parameters: AudioQuery.parameters,
        body: RequestBodyDescription(
          isRequired: true,
          content: [
            "application/json": Schema.reference("SimilarRequest"),
            "application/octet-stream": [:], "audio/*": [:],
          ]),
        answer: AnswerDescription(
          description: "The recordings that are nearest, best first.",
          schema: Schema.reference("SimilarAnswer")),
        problems: [404, 408, 413, 415, 422, 507],
        handler: { try await answer($0, $1) })
    ]
  }

  private func answer(_ request: Request, _ context: HarkContext) async throws -> Response {
    let parameters = try QueryString(request.uri.query, allowing: AudioQuery.parameters)
    let type = request.headers.mediaType
    if type == "application/json" {
      var reader = try RequestBodyReader(
        request, context, limit: Int64(configuration.maximumJSONBytes))
      return try await answer(json: try await reader.rest(), parameters)
    }
    // Checked before gigabytes are read for nothing.
    var query = try AudioQuery(parameters)
    var reader = try RequestBodyReader(
      request, context, limit: configuration.maximumAudioBytes)
    let start = try await reader.next() ?? ByteBuffer()
    if type == formMediaType, start.readableBytesView.first == UInt8(ascii: "{") {
      // curl says this of JSON, too, unless it is told otherwise; no audio begins so.
      guard start.readableBytes <= configuration.maximumJSONBytes else {
        throw HarkError(
          .tooLarge, "the JSON is longer than \(configuration.maximumJSONBytes) bytes")
      }
      reader.lower(limit: Int64(configuration.maximumJSONBytes))
      return try await answer(json: try await reader.rest(after: start), parameters)
    }
    guard start.readableBytes > 0 else {
      throw HarkError(
        .invalidArgument, "the body is empty",
        remedy: "send a JSON query with Content-Type: application/json, or audio")
    }
    let analysis = try await spool.analyse(start, &reader, with: library)
    query.add(analysis)
    return try await answer(query.query, audio: analysis)
  }

  private func answer(
    json: ByteBuffer, _ parameters: QueryString
  ) async throws -> Response {
    guard parameters.isEmpty else {
      throw HarkError(
        .invalidArgument, "a JSON query takes no parameters in the URL",
        remedy: "put them into the JSON")
    }
    let request = try WireJSON.decodeRequest(
      Wire.SimilarRequest.self, from: json.readableBytesView)
    return try await answer(try SimilarQuery(request), audio: nil)
  }

  private func answer(_ query: SimilarQuery, audio: Analysis?) async throws -> Response {
    let answer = try await library.similar(query)
    return try .json(
      Wire.SimilarAnswer(
        query: Wire.SimilarEcho(query, answer, audio: audio),
        results: answer.results.map {
          Wire.SimilarResult(
            path: $0.path, paths: $0.paths, id: $0.id, score: $0.score, range: $0.range,
            duration: $0.duration, metadata: $0.metadata)
        }))
  }
}
