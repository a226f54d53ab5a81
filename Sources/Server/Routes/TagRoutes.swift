import API
import Core
import Hummingbird
import Library
import NIOCore

/// `POST /v1/tags` and `GET /v1/recordings/{id}/tags`.
struct TagRoutes: Sendable {
  let library: any LibraryService
  let reader: QuestionReader

  var routes: [Route] { [ask, ofRecording] }

  private var ask: Route {
    Route(
      method: .post, path: "/v1/tags", name: "tags",
      summary: "What is this, in the model's words?",
      detail: """
        With JSON, the question names a recording of the library. Any other body is \
        audio, which is analysed on the spot and kept nowhere. The daemon opens no path that a \
        request names.
        """,
      body: .question("TagRequest"),
      answer: AnswerDescription(
        description: "All labels of the model that answers, best first.",
        schema: Schema.reference("TagAnswer")),
      problems: [404, 408, 413, 415, 422, 503, 507],
      handler: { request, context in
        _ = try QueryString(request.uri.query, allowing: [])
        switch try await reader.read(request, context) {
        case .json(let json):
          let question = try WireJSON.decodeRequest(
            Wire.TagRequest.self, from: json.readableBytesView)
          return try await answer(
            try Seed.Source(
              path: question.path, base64: question.pathBase64, id: question.id))
        case .audio(let analysis): return try await answer(.analysis(analysis))
        }
      })
  }

  private var ofRecording: Route {
    Route(
      method: .get, path: "/v1/recordings/{id}/tags", name: "recordingTags",
      summary: "One recording's tags.",
      answer: AnswerDescription(
        description: "All labels of the model that answers, best first.",
        schema: Schema.reference("TagAnswer")),
      problems: [404, 503],
      handler: { request, context in
        _ = try QueryString(request.uri.query, allowing: [])
        let id = try RecordingID(parsing: context.parameters.get("id") ?? "", name: "id")
        return try await answer(.recording(id))
      })
  }

  private func answer(_ source: Seed.Source) async throws -> Response {
    let answer = try await library.tags(of: source)
    let model = Wire.ModelName(answer.model)
    let echo =
      switch source {
      case .file(let path): Wire.TagEcho(path: path, model: model)
      case .recording(let id): Wire.TagEcho(id: id, model: model)
      case .analysis(let analysis):
        Wire.TagEcho(
          id: analysis.recording, model: model, audio: Wire.QueryAudio(analysis))
      }
    return try .json(Wire.TagAnswer(query: echo, tags: answer.tags.map(Wire.Tag.init)))
  }
}
