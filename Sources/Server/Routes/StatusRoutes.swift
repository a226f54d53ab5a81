import API
import Hummingbird
import Library

/// `GET /v1/status`.
struct StatusRoutes: Sendable {
  let library: any LibraryService

  var routes: [Route] {
    [
      Route(
        method: .get, path: "/v1/status", name: "status",
        summary: "How the library stands: roots, files by state, models, workers.",
        answer: AnswerDescription(
          description: "The library at one moment.", schema: Schema.reference("Status")),
        handler: { request, _ in
          _ = try QueryString(request.uri.query, allowing: [])
          return try .json(Wire.Status(try await library.status()))
        })
    ]
  }
}

extension Wire.Status {
  init(_ status: LibraryStatus) {
    self.init(
      version: status.version, pid: status.pid, started: status.started,
      stateDirectory: status.stateDirectory,
      roots: status.roots.map {
        Wire.Root(path: $0.path, state: $0.state.rawValue, detail: $0.detail)
      },
      files: Wire.FileCounts(
        pending: status.files.pending, analysed: status.files.analysed,
        failed: status.files.failed, skipped: status.files.skipped,
        offline: status.files.offline),
      recordings: status.recordings, duration: status.duration,
      models: status.models.map(Wire.Model.init), workers: status.workers.map(Wire.Worker.init),
      analysedSinceStart: status.analysedSinceStart,
      secondsSinceStart: status.secondsSinceStart, idle: status.isIdle,
      sandbox: status.sandbox?.names,
      warnings: status.warnings)
  }
}

extension Wire.Model {
  init(_ model: LibraryStatus.Model) {
    self.init(
      id: model.info.id, name: model.info.name, architecture: model.info.architecture,
      trained: model.info.isTrained, licence: model.info.licence, role: model.role.rawValue,
      precision: model.precision?.rawValue, labels: model.info.labels.count,
      recordings: model.recordings, segments: model.segments)
  }
}

extension Wire.Worker {
  init(_ worker: LibraryStatus.Worker) {
    self.init(
      pid: worker.pid, lane: worker.lane, state: worker.state, file: worker.file,
      seconds: worker.seconds, restarts: worker.restarts)
  }
}
