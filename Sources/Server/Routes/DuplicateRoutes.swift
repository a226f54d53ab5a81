import API
import Core
import Hummingbird
import Library
import ServiceLifecycle

/// `GET /v1/duplicates`.
struct DuplicateRoutes: Sendable {
  let library: any LibraryService

  private static let parameters = [
    QueryParameter.limit, .cursor,
    .seconds("wait", "Answer after so many seconds with how far the comparison is, if not done."),
  ]

  var routes: [Route] {
    [
      Route(
        method: .get, path: "/v1/duplicates", name: "duplicates",
        summary: "Which files hold the same music?",
        detail: """
          Groups of copies, the best one first, then wholes with their parts. All recordings are \
          compared by their landmarks where something has changed since they last were; the answer \
          comes when that is done, or after `wait` seconds, with `compared` below `recordings` and \
          no groups. Nothing is ever deleted.
          """,
        parameters: Self.parameters,
        answer: AnswerDescription(
          description: "One page of groups.", schema: Schema.reference("DuplicateAnswer")),
        takesTurn: false,
        problems: [503],
        handler: { request, _ in
          let query = try QueryString(request.uri.query, allowing: Self.parameters)
          let wait = try query.number("wait")
          guard (wait ?? 0) >= 0 else {
            throw HarkError(.invalidArgument, "“wait” must not be negative")
          }
          let limit = try query.integer("limit", in: 1...10_000) ?? 100
          let first = try query.text("cursor").map(Cursor.place) ?? 0
          // Who waits must not keep the daemon from stopping.
          let answer = try await cancelWhenGracefulShutdown {
            try await library.duplicates(waitingAtMost: wait)
          }
          return try .json(Wire.DuplicateAnswer(answer, from: first, limit: limit))
        })
    ]
  }
}

extension Wire.DuplicateAnswer {
  init(_ answer: DuplicateAnswer, from first: Int, limit: Int) {
    let page = answer.groups.dropFirst(first).prefix(limit)
    let end = first + page.count
    self.init(
      recordings: answer.recordings, compared: answer.compared, total: answer.groups.count,
      groups: page.map(Wire.DuplicateGroup.init),
      cursor: end < answer.groups.count && !page.isEmpty ? Cursor.encode(place: end) : nil)
  }
}

extension Wire.DuplicateGroup {
  init(_ group: DuplicateAnswer.Group) {
    self.init(relation: group.relation, files: group.files.map(Wire.DuplicateFile.init))
  }
}

extension Wire.DuplicateFile {
  init(_ file: DuplicateAnswer.File) {
    self.init(
      path: file.path, id: file.id, best: file.correspondence == nil, differs: file.differences,
      size: file.size, bitRate: file.bitRate, container: file.container, codec: file.codec,
      facts: file.facts, metadata: file.metadata)
    guard let correspondence = file.correspondence else { return }
    relation = correspondence.relation
    offset = correspondence.offset
    speed = correspondence.speed
    pitch = correspondence.pitch
    intervals = correspondence.intervals.map(Wire.Interval.init)
  }
}
