import API
import Core
import HTTPTypes
import Hummingbird
import Library
import NIOCore

/// `GET /v1/backup`: everything that the library knows, as one file.
struct BackupRoutes: Sendable {
  private let library: any LibraryService
  private let places: Places

  init(library: any LibraryService, configuration: ServerConfiguration) {
    self.library = library
    places = Places(configuration.maximumBackups, of: "backups")
  }

  static let mediaType = "application/x-tar"

  var routes: [Route] {
    [
      Route(
        method: .get, path: "/v1/backup", name: "backup",
        summary: "Everything that the library knows at this moment, as one file.",
        detail: """
          A tar archive of the catalogue, of the index files that it refers to and of the models in \
          use, for `harkd --restore`. Analyses go on while it is read. Its last file, MANIFEST, \
          states the CRC-32C of the others; an archive without it is not complete.
          """,
        answer: AnswerDescription(
          description: "A tar archive.", mediaType: Self.mediaType, schema: ["type": "string"]),
        access: .control, takesTurn: false,
        problems: [503, 507],
        handler: { try await answer($0, $1) })
    ]
  }

  private func answer(_ request: Request, _ context: HarkContext) async throws -> Response {
    _ = try QueryString(request.uri.query, allowing: [])
    let headers: HTTPFields = [.contentType: Self.mediaType, .cacheControl: "no-store"]
    if request.method == .head { return Response(status: .ok, headers: headers) }
    let place = try places.take(context.client.peer)
    let backup = try await library.backup()
    // Whoever gets less than this many bytes knows that the end is missing.
    let body = ResponseBody(contentLength: backup.byteCount) { writer in
      defer { place.release() }
      try await backup.forEachPiece { try await writer.write(ByteBuffer(bytes: $0)) }
      try await writer.finish(nil)
    }
    return Response(status: .ok, headers: headers, body: body)
  }
}
