import Core
import NIOCore
import NIOHTTP1
import NIOPosix
import SystemPackage

/// HTTP/1.1 over one connected socket: one request, one answer.
struct HTTPConnection: Sendable {
  /// An answer that is no stream may be this long.
  static let answerLimit = 256 << 20

  private typealias Channel = NIOAsyncChannel<HTTPClientResponsePart, HTTPClientRequestPart>

  /// Sends `request` and gathers the answer. The descriptor is consumed.
  static func send(_ request: HTTPRequest, over descriptor: Int32) async throws -> HTTPAnswer {
    var body: [UInt8] = []
    var answer = HTTPAnswer(status: 0, contentType: "", body: [])
    try await exchange(request, over: descriptor) { part in
      switch part {
      case .head(let head): answer = HTTPAnswer(head)
      case .body(let buffer):
        guard body.count + buffer.readableBytes <= answerLimit else {
          throw HarkError(.tooLarge, "the daemon's answer passes \(answerLimit >> 20) MiB")
        }
        body.append(contentsOf: buffer.readableBytesView)
      case .end: break
      }
    }
    answer.body = body
    return answer
  }

  /// Sends `request` and hands over the answer part by part until it ends. The descriptor is
  /// consumed. Throws whatever `receive` throws, and `unavailable` if the connection breaks.
  static func exchange(
    _ request: HTTPRequest, over descriptor: Int32,
    receive: (HTTPClientResponsePart) async throws -> Void
  ) async throws {
    let channel = try await open(descriptor)
    try await channel.executeThenClose { inbound, outbound in
      // The answer is read while the body is still on its way: a refusal comes at once.
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask {
          do {
            try await write(request, to: outbound)
          } catch is ChannelError {
            // The daemon stopped reading; its answer says why, or the missing answer does.
          } catch is IOError {
          }
        }
        var isComplete = false
        do {
          for try await part in inbound {
            try await receive(part)
            guard case .end = part else { continue }
            isComplete = true
            break
          }
        } catch let error as IOError {
          throw HarkError(
            .unavailable, "the daemon closed the connection",
            cause: HarkError.describe(errno: error.errnoCode))
        } catch let error as HTTPParserError {
          throw HarkError(
            .unavailable, "what answers at the socket does not speak HTTP", cause: "\(error)")
        }
        group.cancelAll()
        try Task.checkCancellation()
        guard isComplete else {
          throw HarkError(
            .unavailable, "the daemon closed the connection before it had answered",
            remedy: "its log says why")
        }
      }
    }
  }

  private static func open(_ descriptor: Int32) async throws -> Channel {
    try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .withConnectedSocket(descriptor) { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHTTPClientHandlers()
          return try Channel(wrappingChannelSynchronously: channel)
        }
      }
  }

  private static func write(
    _ request: HTTPRequest, to outbound: NIOAsyncChannelOutboundWriter<HTTPClientRequestPart>
  ) async throws {
    try await outbound.write(.head(request.head))
    switch request.body {
    case .none: break
    case .json(let bytes), .audio(let bytes):
      try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: bytes))))
    case .file(let descriptor, let byteCount):
      try await write(descriptor, byteCount: byteCount, to: outbound)
    }
    try await outbound.write(.end(nil))
  }

  private static func write(
    _ descriptor: SystemPackage.FileDescriptor, byteCount: Int64,
    to outbound: NIOAsyncChannelOutboundWriter<HTTPClientRequestPart>
  ) async throws {
    var left = byteCount
    while left > 0 {
      let wanted = Int(min(left, 1 << 18))
      // A slow disk must not hold up one of Swift's few threads.
      let chunk = try await NIOThreadPool.singleton.runIfActive {
        try [UInt8](unsafeUninitializedCapacity: wanted) { buffer, count in
          count = try descriptor.read(into: UnsafeMutableRawBufferPointer(buffer))
        }
      }
      guard !chunk.isEmpty else {
        throw HarkError(.corrupt, "the file became shorter while it was sent")
      }
      try await outbound.write(.body(.byteBuffer(ByteBuffer(bytes: chunk))))
      left -= Int64(chunk.count)
    }
  }
}

extension HTTPAnswer {
  fileprivate init(_ head: HTTPResponseHead) {
    self.init(
      status: Int(head.status.code), contentType: head.headers.first(name: "content-type") ?? "",
      body: [])
  }
}
