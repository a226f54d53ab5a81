import NIOCore
import NIOHTTP1

/// Takes the host that a request's target names (`GET http://host/path`, as a proxy is asked) for its
/// `Host`, so that one rule holds for both. What is not the same host as a `Host` beside it becomes a
/// second one, which is refused.
///
/// It stands right behind the decoder: what comes after it sees the target's path alone.
final class TargetHosts: ChannelInboundHandler, Sendable {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = HTTPServerRequestPart

  /// Puts it into a connection that is set up for HTTP. To be called on its event loop.
  static func join(_ channel: any Channel) throws {
    let handlers = channel.pipeline.syncOperations
    let decoder = try handlers.handler(type: ByteToMessageHandler<HTTPRequestDecoder>.self)
    try handlers.addHandler(TargetHosts(), position: .after(decoder))
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard case .head(var head) = unwrapInboundIn(data), let host = Self.host(in: head.uri) else {
      context.fireChannelRead(data)
      return
    }
    let told = head.headers["host"]
    if told.allSatisfy(\.isEmpty) {
      head.headers.replaceOrAdd(name: "Host", value: host)
    } else if !told.contains(where: { $0.lowercased() == host.lowercased() }) {
      head.headers.add(name: "Host", value: host)
    }
    context.fireChannelRead(wrapInboundOut(.head(head)))
  }

  /// What stands where a URL has its host, port and user; `nil` for a path, and for the server as such.
  static func host(in target: String) -> String? {
    guard target.first != "/", target != "*" else { return nil }
    let scheme = target.firstRange(of: "://")
    let rest = scheme.map { target[$0.upperBound...] } ?? target[...]
    return String(rest.prefix { !"/?#".contains($0) })
  }
}
