import Core
import Hummingbird
import Library
import NIOCore

/// The body of a question about sound: JSON that names recordings, or audio.
enum Question: Sendable {
  case json(ByteBuffer)
  /// Audio, analysed on the spot and kept nowhere.
  case audio(Analysis)
}

/// What audio that comes with a question is listened to for.
enum Listening: Sendable {
  /// Its embedding.
  case toCompare
  /// Its peaks.
  case toIdentify
}

extension Seed.Source {
  /// Throws `invalidArgument` unless a question names exactly one recording.
  init(path: String?, base64: String?, id: String?) throws(HarkError) {
    let path = try RequestPath.one(path, base64: base64, name: "path")
    switch (path, id) {
    case (let path?, nil): self = .file(path)
    case (nil, let id?): self = .recording(try RecordingID(parsing: id, name: "id"))
    default:
      throw HarkError(
        .invalidArgument, "the question must have one of “path”, “path_base64” and “id”")
    }
  }
}

extension QueryString {
  /// Throws `invalidArgument` for parameters in the URL of a question that is asked in JSON.
  func refuseBesideJSON() throws(HarkError) {
    guard isEmpty else {
      throw HarkError(
        .invalidArgument, "a JSON query takes no parameters in the URL",
        remedy: "put them into the JSON")
    }
  }
}

/// Reads the bodies of the routes that take either.
struct QuestionReader: Sendable {
  let library: any LibraryService
  let configuration: ServerConfiguration
  let spool: Spool

  /// - Throws: what reading the body, and the audio's analysis, throw; `invalidArgument` for a body
  ///   that is empty.
  func read(
    _ request: Request, _ context: HarkContext, listening: Listening = .toCompare
  ) async throws -> Question {
    // Meanwhile another request of the user's is carried out.
    try await context.client.turn.away { try await readAway(request, context, listening) }
  }

  private func readAway(
    _ request: Request, _ context: HarkContext, _ listening: Listening
  ) async throws -> Question {
    if request.isJSON {
      var reader = try RequestBodyReader(
        request, context, limit: Int64(configuration.maximumJSONBytes))
      return .json(try await reader.rest())
    }
    var reader = try RequestBodyReader(
      request, context, limit: configuration.maximumAudioBytes)
    var start = try await reader.next() ?? ByteBuffer()
    if request.saysNothingOfItsBody, try await reader.beginsJSON(&start) {
      guard start.readableBytes <= configuration.maximumJSONBytes else {
        throw HarkError(
          .tooLarge, "the JSON is longer than \(configuration.maximumJSONBytes) bytes")
      }
      reader.lower(limit: Int64(configuration.maximumJSONBytes))
      return .json(try await reader.rest(after: start))
    }
    guard start.readableBytes > 0 else {
      throw HarkError(
        .invalidArgument, "the body is empty",
        remedy: "send a JSON query with Content-Type: application/json, or audio")
    }
    return .audio(
      try await spool.analyse(
        start, &reader, listening, of: context.client.peer, on: context.body.channel,
        with: library))
  }
}

extension Request {
  /// Whether the body says that it is JSON.
  var isJSON: Bool { headers.mediaType == "application/json" }

  /// Whether the body may be JSON or audio by what its headers say: nothing, what curl says unless it
  /// is told otherwise, or a kind of text, which no audio is.
  fileprivate var saysNothingOfItsBody: Bool {
    [nil, formMediaType, "text/plain", "text/json"].contains(headers.mediaType)
  }
}

extension RequestBodyReader {
  /// Blanks before JSON among which its beginning is looked for.
  private static let mostBlanks = 4096

  /// Whether a body that begins with `start` is a JSON object; no audio begins with one. Where `start`
  /// is blank, what follows is read into it.
  fileprivate mutating func beginsJSON(_ start: inout ByteBuffer) async throws -> Bool {
    while true {
      if let first = start.readableBytesView.first(where: { !" \t\r\n".utf8.contains($0) }) {
        return first == UInt8(ascii: "{")
      }
      guard start.readableBytes < Self.mostBlanks, var more = try await next() else { return false }
      start.writeBuffer(&more)
    }
  }
}

extension RequestBodyDescription {
  /// JSON of that schema, or audio of any kind.
  static func question(_ schema: String) -> RequestBodyDescription {
    RequestBodyDescription(
      isRequired: true,
      content: [
        "application/json": Schema.reference(schema), "application/octet-stream": [:],
        "audio/*": [:],
      ])
  }
}
