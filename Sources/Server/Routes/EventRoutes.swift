import API
import Core
import HTTPTypes
import Hummingbird
import Library
import NIOCore
import ServiceLifecycle
import Threads

/// `GET /v1/events`: what happens in the library, as server-sent events.
struct EventRoutes: Sendable {
  let library: any LibraryService
  let configuration: ServerConfiguration
  private let places: Places

  init(library: any LibraryService, configuration: ServerConfiguration) {
    self.library = library
    self.configuration = configuration
    places = Places(configuration.maximumEventStreams, of: "event streams")
  }

  var routes: [Route] {
    [
      Route(
        method: .get, path: "/v1/events", name: "events",
        summary: "What happens from now on, as server-sent events.",
        detail: """
          Each event's `event` is the kind, `id` counts up, and `data` is one Event object in \
          JSON. A comment comes now and then to keep the stream alive. A client that reads too \
          slowly loses the oldest events, which the gap in the numbers shows; nothing is sent \
          again on reconnection. The stream ends when the client closes or half-closes.
          """,
        answer: AnswerDescription(
          description: "A stream of events.", mediaType: "text/event-stream",
          schema: ["type": "string"]),
        takesTurn: false,
        problems: [503],
        handler: { try answer($0, $1) })
    ]
  }

  private func answer(_ request: Request, _ context: HarkContext) throws -> Response {
    _ = try QueryString(request.uri.query, allowing: [])
    let headers: HTTPFields = [
      .contentType: "text/event-stream", .cacheControl: "no-store", .connection: "close",
    ]
    if request.method == .head { return Response(status: .ok, headers: headers) }
    guard !request.hasBody else {
      throw HarkError(.invalidArgument, "this route takes no body")
    }
    let place = try places.take(context.client.peer)
    // Listening begins here: whoever has seen the answer's head misses nothing after it.
    let events = library.events()
    let body = ResponseBody { writer in
      defer { place.release() }
      try await stream(events, request, &writer)
      try await writer.finish(nil)
    }
    return Response(status: .ok, headers: headers, body: body)
  }

  private func stream(
    _ events: AsyncStream<LibraryEvent>, _ request: Request,
    _ writer: inout any ResponseBodyWriter
  ) async throws {
    let (lines, source) = AsyncStream.makeStream(
      of: ByteBuffer.self, bufferingPolicy: .bufferingNewest(configuration.eventBuffer))
    let interval = configuration.heartbeat
    try await writer.write(ByteBuffer(string: ": hark \(HarkVersion.current)\nretry: 2000\n\n"))
    try await request.body.consumeWithInboundCloseHandler { _ in
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          for await event in events.cancelOnGracefulShutdown() {
            source.yield(try Self.line(event))
          }
          source.finish()
        }
        group.addTask {
          while true {
            try await Alarm.sleep(for: interval)
            source.yield(ByteBuffer(string: ":\n\n"))
          }
        }
        for await line in lines { try await writer.write(line) }
        group.cancelAll()
      }
    } onInboundClosed: {
      source.finish()
    }
  }

  private static func line(_ event: LibraryEvent) throws(HarkError) -> ByteBuffer {
    let wire = Wire.Event(event)
    var buffer = ByteBuffer(string: "event: \(wire.kind.rawValue)\nid: \(wire.number)\ndata: ")
    buffer.writeBytes(try WireJSON.encode(wire))
    buffer.writeStaticString("\n\n")
    return buffer
  }
}
