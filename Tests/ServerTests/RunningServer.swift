import API
import Core
import Foundation
import Logging
import ServiceLifecycle
import SystemPackage
import TestSupport

@testable import Server

/// A server on a real socket, and a client for one exchange a connection.
struct RunningServer: Sendable {
  let library: FakeLibrary
  let directory: TemporaryDirectory
  let socket: String
  let services: ServiceGroup

  struct Answer: Sendable {
    var status: Int
    var headers: [String: String]
    var body: String

    func decode<Value: Decodable>(_ type: Value.Type) throws -> Value {
      try WireJSON.decode(type, from: body.utf8)
    }

    /// The problem that the answer is; fails if it is none.
    func problem() throws -> Wire.Problem {
      guard headers["content-type"] == "application/problem+json" else {
        throw RawConnection.Failed(description: "no problem but \(self)")
      }
      return try decode(Wire.Problem.self)
    }

    /// The one answer, or the last of several, in what came over a connection.
    init(_ text: String) throws {
      guard let end = text.range(of: "\r\n\r\n") else {
        throw RawConnection.Failed(description: "no HTTP answer: \(text.prefix(200))")
      }
      let lines = text[..<end.lowerBound].components(separatedBy: "\r\n")
      let parts = lines[0].split(separator: " ")
      status = parts.count > 1 ? Int(parts[1]) ?? 0 : 0
      headers = [:]
      for line in lines.dropFirst() {
        let pair = line.split(separator: ":", maxSplits: 1)
        headers[pair[0].lowercased()] = pair[1].trimmingCharacters(in: .whitespaces)
      }
      body = String(text[end.upperBound...])
    }
  }

  /// Runs `body` against a server and shuts it down gracefully.
  static func run(
    _ change: (inout ServerConfiguration) -> Void = { _ in },
    _ body: @Sendable @escaping (RunningServer) async throws -> Void
  ) async throws {
    let directory = try TemporaryDirectory()
    let socket = directory("s").path
    let library = FakeLibrary()
    var configuration = ServerConfiguration(spoolDirectory: FilePath(directory.path))
    // On a busy machine a test may wait for its turn for longer than clients are waited for: what
    // is about a timeout sets its own.
    configuration.idleTimeout = .seconds(600)
    configuration.bodyTimeout = .seconds(600)
    configuration.writeTimeout = .seconds(600)
    configuration.drainTimeout = .seconds(5)
    configuration.lingerTimeout = .seconds(1)
    change(&configuration)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let server = HarkServer(
      library: library, listeners: [try SocketListener(path: FilePath(socket))],
      configuration: configuration, logger: logger)
    let services = ServiceGroup(
      configuration: .init(services: [.init(service: server)], logger: logger))
    let running = RunningServer(
      library: library, directory: directory, socket: socket, services: services)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await services.run() }
      do {
        try await body(running)
      } catch {
        await services.triggerGracefulShutdown()
        throw error
      }
      await services.triggerGracefulShutdown()
      try await group.waitForAll()
    }
  }

  func connect() throws -> RawConnection { try RawConnection(socket) }

  /// One request on a connection of its own.
  func ask(
    _ method: String, _ target: String, headers: [String] = [], body: [UInt8]? = nil
  ) async throws -> Answer {
    let connection = try connect()
    var head = "\(method) \(target) HTTP/1.1\r\nHost: hark\r\nConnection: close\r\n"
    for header in headers { head += header + "\r\n" }
    if let body { head += "Content-Length: \(body.count)\r\n" }
    try await connection.send(Array((head + "\r\n").utf8) + (body ?? []))
    return try Answer(try await connection.read())
  }

  func get(_ target: String) async throws -> Answer { try await ask("GET", target) }

  func post(
    _ target: String, _ json: String, type: String = "application/json"
  ) async throws -> Answer {
    try await ask("POST", target, headers: ["Content-Type: \(type)"], body: Array(json.utf8))
  }
}
