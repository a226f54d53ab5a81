import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import SystemPackage
import TestSupport

/// A small HTTP server on a Unix socket that answers as a test says and remembers what was asked.
final class TestServer: Sendable {
  struct Request: Sendable {
    var method: HTTPMethod
    var target: String
    var headers: HTTPHeaders
    var body: [UInt8]

    /// The target's path.
    var path: String { String(target.prefix { $0 != "?" }) }
  }

  struct Response: Sendable {
    var status = 200
    var contentType = "application/json"
    /// Sent one after the other, each in a chunk of its own.
    var chunks: [[UInt8]]

    init(_ status: Int = 200, _ contentType: String = "application/json", _ chunks: [UInt8]...) {
      self.status = status
      self.contentType = contentType
      self.chunks = chunks
    }
  }

  let socket: FilePath
  private let directory: TemporaryDirectory
  private let channel: any Channel
  private let log: Log

  private final class Log: Sendable {
    let requests = Mutex<[Request]>([])
  }

  /// Answers every request with what `answer` returns; `nil` closes the connection instead.
  init(_ answer: @escaping @Sendable (Request) -> Response?) async throws {
    directory = try TemporaryDirectory()
    let path = directory("s").path
    socket = FilePath(path)
    let log = Log()
    self.log = log
    channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.configureHTTPServerPipeline()
          try channel.pipeline.syncOperations.addHandler(
            Handler { request in
              log.requests.withLock { $0.append(request) }
              return answer(request)
            })
        }
      }
      .bind(unixDomainSocketPath: path).get()
  }

  /// What was asked so far.
  var requests: [Request] { log.requests.withLock { $0 } }

  func close() async throws { try await channel.close() }

  private final class Handler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let answer: @Sendable (Request) -> Response?
    private var request: Request?

    init(_ answer: @escaping @Sendable (Request) -> Response?) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
      switch unwrapInboundIn(data) {
      case .head(let head):
        request = Request(
          method: head.method, target: head.uri, headers: head.headers, body: [])
      case .body(let buffer): request?.body.append(contentsOf: buffer.readableBytesView)
      case .end:
        guard let request, let response = answer(request) else {
          context.close(promise: nil)
          return
        }
        let head = HTTPResponseHead(
          version: .http1_1, status: HTTPResponseStatus(statusCode: response.status),
          headers: ["content-type": response.contentType])
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        for chunk in response.chunks {
          let buffer = ByteBuffer(bytes: chunk)
          context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(buffer))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
      }
    }
  }
}
