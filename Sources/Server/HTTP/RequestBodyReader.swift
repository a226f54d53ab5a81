import Core
import HTTPTypes
import Hummingbird
import NIOCore
import NIOHTTPTypes

/// Reads one request's body, within bounds. Only from the first ``next()`` on does a client that
/// asked (`Expect: 100-continue`) hear that it may send it.
struct RequestBodyReader {
  private let request: Request
  private let state: BodyState
  private let client: Client
  private var limit: Int64
  private var iterator: RequestBody.AsyncIterator?
  private var count: Int64 = 0

  /// - Parameter limit: bytes that the body may have.
  /// - Throws: `tooLarge` if the request says that it is longer.
  init(_ request: Request, _ context: HarkContext, limit: Int64) throws {
    self.request = request
    self.limit = limit
    state = context.body
    client = context.client
    // NIO's decoder has refused lengths that are not numbers.
    if let length = request.headers[.contentLength].flatMap({ Int64($0) }), length > limit {
      throw Self.tooLarge(limit)
    }
  }

  /// The next piece; `nil` at the end. Throws `tooLarge`, or what the connection throws.
  mutating func next() async throws -> ByteBuffer? {
    if iterator == nil {
      if request.headers[.expect]?.lowercased() == "100-continue" {
        try await state.channel.writeAndFlush(
          HTTPResponsePart.head(HTTPResponse(status: .continue)))
      }
      iterator = request.body.makeAsyncIterator()
    }
    guard let buffer = try await iterator?.next() else {
      // A connection that ended looks like a body that ended.
      if let length = request.headers[.contentLength].flatMap({ Int64($0) }), count < length {
        throw HarkError(
          .invalidArgument, "the body ended after \(count) of \(length) bytes")
      }
      state.finish()
      return nil
    }
    count += Int64(buffer.readableBytes)
    guard count <= limit else { throw Self.tooLarge(limit) }
    return buffer
  }

  /// Lowers the limit, once the body's beginning has shown what it is.
  mutating func lower(limit: Int64) { self.limit = min(self.limit, limit) }

  /// Everything that is left, in one buffer. Throws `unavailable` if it is long and too many long
  /// ones are being read.
  mutating func rest(after start: ByteBuffer = ByteBuffer()) async throws -> ByteBuffer {
    var all = start
    var place: Place?
    while var buffer = try await next() {
      all.writeBuffer(&buffer)
      if all.readableBytes > Self.shortLength, place == nil {
        place = try client.longRequests.take(client.peer)
      }
    }
    place?.release()
    return all
  }

  /// Every client may have a request of this length in memory.
  private static let shortLength = 64 << 10

  private static func tooLarge(_ limit: Int64) -> HarkError {
    HarkError(
      .tooLarge, "the body is longer than \(limit) bytes, which is the limit here",
      remedy: "send less")
  }
}
