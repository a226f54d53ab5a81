import API
import Core
import HTTPTypes
import Hummingbird
import Library
import NIOCore

/// `POST /v1/similar`: a JSON query, or audio with the rest of the query in the URL.
struct SimilarRoutes: Sendable {
  let library: any LibraryService
  let reader: QuestionReader

  var routes: [Route] {
    [
      Route(
        method: .post, path: "/v1/similar", name: "similar",
        summary: "What sounds like this?",
        detail: """
          With JSON, the query names recordings of the library. Any other body is \
          audio, which is analysed on the spot and kept nowhere, and the URL holds the rest of the \
          query. The daemon opens no path that a request names.
          """,
        parameters: AudioQuery.parameters,
        body: .question("SimilarRequest"),
        answer: AnswerDescription(
          description: "The recordings that are nearest, best first.",
          schema: Schema.reference("SimilarAnswer")),
        problems: [404, 408, 413, 415, 422, 503, 507],
        handler: { try await answer($0, $1) })
    ]
  }

  private func answer(_ request: Request, _ context: HarkContext) async throws -> Response {
    let parameters = try QueryString(request.uri.query, allowing: AudioQuery.parameters)
    // Checked before gigabytes are read for nothing.
    if !request.isJSON { _ = try AudioQuery(parameters) }
    switch try await reader.read(request, context) {
    case .json(let json): return try await answer(json: json, parameters)
    case .audio(let analysis):
      var query = try AudioQuery(parameters)
      query.add(analysis)
      return try await answer(query.query, audio: analysis)
    }
  }

  private func answer(
    json: ByteBuffer, _ parameters: QueryString
  ) async throws -> Response {
    try parameters.refuseBesideJSON()
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
