import NIOHTTP1
import SystemPackage

/// One request to the daemon.
struct HTTPRequest: Sendable {
  /// What travels with it.
  enum Body: Sendable {
    case none
    case json([UInt8])
    /// Audio that is at hand.
    case audio([UInt8])
    /// A file's bytes from its current offset, read as they are sent. The descriptor is borrowed.
    case file(FileDescriptor, byteCount: Int64)
  }

  var method: HTTPMethod
  /// Such as `/v1/status`.
  var path: String
  /// Values are bytes, since paths are; they are percent-encoded here and nowhere else.
  var parameters: [(name: String, value: [UInt8])]
  var body: Body
  /// What the answer should be.
  var accept: String

  init(
    _ method: HTTPMethod, _ path: String, parameters: [(name: String, value: [UInt8])] = [],
    body: Body = .none, accept: String = "application/json"
  ) {
    self.method = method
    self.path = path
    self.parameters = parameters
    self.body = body
    self.accept = accept
  }

  /// Adds a parameter given as text; `nil` adds none.
  mutating func add(_ name: String, _ value: String?) {
    guard let value else { return }
    parameters.append((name, Array(value.utf8)))
  }

  /// Path and query as they stand in the request line.
  var target: String {
    guard !parameters.isEmpty else { return path }
    let query = parameters.map { "\($0.name)=\(PercentEncoding.value($0.value))" }
    return path + "?" + query.joined(separator: "&")
  }

  /// The request's head: one request a connection.
  var head: HTTPRequestHead {
    var headers: HTTPHeaders = [
      "host": "localhost", "user-agent": "hark", "accept": accept, "connection": "close",
    ]
    switch body {
    case .none:
      if method != .GET { headers.add(name: "content-length", value: "0") }
    case .json(let bytes):
      headers.add(name: "content-type", value: "application/json")
      headers.add(name: "content-length", value: String(bytes.count))
    case .audio(let bytes):
      headers.add(name: "content-type", value: "application/octet-stream")
      headers.add(name: "content-length", value: String(bytes.count))
    case .file(_, let byteCount):
      headers.add(name: "content-type", value: "application/octet-stream")
      headers.add(name: "content-length", value: String(byteCount))
    }
    return HTTPRequestHead(version: .http1_1, method: method, uri: target, headers: headers)
  }
}

/// A whole answer.
struct HTTPAnswer: Sendable {
  var status: Int
  var contentType: String
  var body: [UInt8]
}
