import API
import Core
import HTTPTypes
import Hummingbird
import NIOCore

extension HTTPFields {
  /// The media type of `Content-Type`, in lower case and without parameters.
  var mediaType: String? {
    self[.contentType].map {
      $0.prefix { $0 != ";" }.trimmingSuffix(while: \.isWhitespace).lowercased()
    }
  }
}

extension StringProtocol {
  fileprivate func trimmingSuffix(while predicate: (Character) -> Bool) -> SubSequence {
    var end = endIndex
    while end > startIndex, predicate(self[index(before: end)]) { end = index(before: end) }
    return self[startIndex..<end]
  }
}

/// What curl says about any body when it is told nothing.
let formMediaType = "application/x-www-form-urlencoded"

extension Request {
  /// The body as one JSON value. Without a body, or with an empty one, `fallback`.
  ///
  /// - Throws: `unsupported` for a body that says it is something else, and what reading it throws.
  func json<Value: Decodable>(
    _ type: Value.Type, _ context: HarkContext, limit: Int, fallback: Value? = nil
  ) async throws -> Value {
    if let type = headers.mediaType, type != "application/json", type != formMediaType {
      throw HarkError(
        .unsupported, "the body's type is \(type)", remedy: "send application/json")
    }
    var reader = try RequestBodyReader(self, context, limit: Int64(limit))
    let bytes = try await context.client.turn.away { try await reader.rest() }.readableBytesView
    if bytes.isEmpty, let fallback { return fallback }
    return try WireJSON.decodeRequest(type, from: bytes)
  }
}

extension Response {
  /// Bytes of a long body that are written at once, so that a slow reader makes visible progress.
  private static let pieceLength = 64 << 10

  /// A JSON object.
  static func json(
    _ value: some Encodable, status: HTTPResponse.Status = .ok
  ) throws(HarkError) -> Response {
    Response(try WireJSON.encode(value), type: "application/json", status: status)
  }

  /// A body of bytes that are there already.
  init(_ bytes: [UInt8], type: String, status: HTTPResponse.Status = .ok) {
    let headers: HTTPFields = [.contentType: type, .cacheControl: "no-store"]
    let buffer = ByteBuffer(bytes: bytes)
    guard bytes.count > Self.pieceLength else {
      self.init(status: status, headers: headers, body: .init(byteBuffer: buffer))
      return
    }
    let body = ResponseBody(contentLength: bytes.count) { writer in
      var rest = buffer
      while let piece = rest.readSlice(length: min(rest.readableBytes, Self.pieceLength)),
        piece.readableBytes > 0
      {
        try await writer.write(piece)
      }
      try await writer.finish(nil)
    }
    self.init(status: status, headers: headers, body: body)
  }
}
