import API
import Core
import Hummingbird
import Library
import NIOCore
import ServiceLifecycle

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// `POST /v1/identify`: a recording of the library, or audio.
struct IdentifyRoutes: Sendable {
  let library: any LibraryService
  let reader: QuestionReader

  private static let expectation = QueryParameter(
    name: "expect", description: "How many recordings may be heard in the audio.",
    schema: ["type": "integer", "minimum": 1, "maximum": 1_000, "default": 1])

  var routes: [Route] {
    [
      Route(
        method: .post, path: "/v1/identify", name: "identify",
        summary: "What recording is this?",
        detail: """
          With JSON, the question names a recording of the library. Any other body \
          is audio, which is listened to on the spot and kept nowhere. The answer is empty, and \
          says why, unless it is sure. With `expect` above 1 the whole of the audio is searched \
          for one recording after another, or several at once; a recording of the library is not \
          named in itself. `expected_false_matches` is how many matches as good chance would give \
          in this library, on average; `confidence` is how probable it is that it gives none.
          """,
        parameters: [Self.expectation],
        body: .question("IdentifyRequest"),
        answer: AnswerDescription(
          description: "The recordings that are heard, or none and the reason.",
          schema: Schema.reference("IdentifyAnswer")),
        problems: [404, 408, 413, 415, 422, 503, 507],
        handler: { try await answer($0, $1) })
    ]
  }

  private func answer(_ request: Request, _ context: HarkContext) async throws -> Response {
    let parameters = try QueryString(request.uri.query, allowing: [Self.expectation])
    let expect = try parameters.integer("expect", in: 1...1_000)
    switch try await reader.read(request, context, listening: .toIdentify) {
    case .json(let json):
      try parameters.refuseBesideJSON()
      let question = try WireJSON.decodeRequest(
        Wire.IdentifyRequest.self, from: json.readableBytesView)
      let expect = question.expect ?? 1
      guard (1...1_000).contains(expect) else {
        throw HarkError(.invalidArgument, "“expect” must be from 1 to 1000")
      }
      return try await answer(
        IdentifyQuery(
          source: try Seed.Source(
            path: question.path, base64: question.pathBase64, id: question.id), expect: expect),
        context.body.channel)
    case .audio(let analysis):
      return try await answer(
        IdentifyQuery(source: .analysis(analysis), expect: expect ?? 1), context.body.channel)
    }
  }

  /// A time line may take minutes: it ends when its client has gone, and does not keep the daemon from
  /// stopping. A client that has only closed its sending side still waits.
  private func search(
    _ query: IdentifyQuery, _ channel: any Channel
  ) async throws -> IdentifyAnswer {
    guard query.expect > 1 else { return try await library.identify(query) }
    return try await cancelWhenGracefulShutdown {
      try await channel.whileOpen { try await library.identify(query) }
    }
  }

  private func answer(_ query: IdentifyQuery, _ channel: any Channel) async throws -> Response {
    let answer = try await search(query, channel)
    let (expect, duration) = (query.expect, answer.duration)
    let echo =
      switch query.source {
      case .file(let path): Wire.IdentifyEcho(path: path, expect: expect, duration: duration)
      case .recording(let id): Wire.IdentifyEcho(id: id, expect: expect, duration: duration)
      case .analysis(let analysis):
        Wire.IdentifyEcho(
          id: analysis.recording, expect: expect, duration: duration,
          audio: Wire.QueryAudio(analysis))
      }
    return try .json(
      Wire.IdentifyAnswer(
        query: echo, reason: answer.reason, results: answer.results.map(Wire.IdentifyResult.init)))
  }
}

extension Wire.IdentifyResult {
  init(_ result: IdentifyAnswer.Result) {
    self.init(
      path: result.path, paths: result.paths, id: result.id, score: result.score,
      offset: result.offset, speed: result.speed, pitch: result.pitch, matched: result.matched,
      // Chance matches are rare and independent: their number is Poisson distributed.
      confidence: exp(-result.expectedFalseMatches),
      expectedFalseMatches: result.expectedFalseMatches, intervals: result.intervals,
      duration: result.duration, metadata: result.metadata)
  }
}
