import API
import Core
import Foundation
import TestSupport
import Testing

@testable import Server

@Suite struct EventTests {
  private func open(_ server: RunningServer) async throws -> RawConnection {
    let connection = try server.connect()
    try await connection.send("GET /v1/events HTTP/1.1\r\nHost: hark\r\n\r\n")
    let head = try await connection.read(until: "retry: 2000\n\n")
    #expect(head.hasPrefix("HTTP/1.1 200 OK\r\n"))
    #expect(head.lowercased().contains("content-type: text/event-stream"))
    return connection
  }

  private func events(in text: String) throws -> [Wire.Event] {
    try text.components(separatedBy: "\n").filter { $0.hasPrefix("data: ") }.map {
      try WireJSON.decode(Wire.Event.self, from: $0.dropFirst(6).utf8)
    }
  }

  @Test func everyKindArrivesUnderItsName() async throws {
    try await RunningServer.run { server in
      let connection = try await open(server)
      let kinds: [(String, @Sendable (FakeLibrary) -> Void)] = [
        ("analysed", { $0.send(.analysed("/a", FakeLibrary.id(1), isNew: true), number: 1) }),
        ("failed", { $0.send(.failed("/a", AnalysisFailure(.corrupt, "bad")), number: 2) }),
        ("moved", { $0.send(.moved(from: "/a", to: FakeLibrary.odd), number: 3) }),
        ("removed", { $0.send(.removed("/a"), number: 4) }),
        ("offline", { $0.send(.offline("/a", reason: "unmounted"), number: 5) }),
        ("online", { $0.send(.online("/a"), number: 6) }),
        ("progress", { $0.send(.progress(pending: 1, analysed: 2, failed: 3), number: 7) }),
        ("idle", { $0.send(.idle, number: 8) }),
      ]
      for (_, send) in kinds { send(server.library) }
      let text = try await connection.read(until: "event: idle\nid: 8\ndata: {")
      for (number, (name, _)) in kinds.enumerated() {
        #expect(text.contains("event: \(name)\nid: \(number + 1)\ndata: {"))
      }
      let events = try events(in: text)
      #expect(events[0].id == FakeLibrary.id(1).description && events[0].new == true)
      #expect(events[1].code == "corrupt" && events[1].message == "bad")
      #expect(events[2].filePath == FakeLibrary.odd && events[2].previousFilePath == "/a")
      #expect(events[4].message == "unmounted")
      #expect(events[6].pending == 1 && events[6].analysed == 2 && events[6].failed == 3)
    }
  }

  @Test func commentsKeepAStreamAlive() async throws {
    try await RunningServer.run({ $0.heartbeat = .milliseconds(20) }) { server in
      let connection = try await open(server)
      #expect(try await connection.read(until: ":\n\n").contains(":\n\n"))
    }
  }

  @Test func aClientThatGoesIsForgotten() async throws {
    try await RunningServer.run { server in
      do {
        let connection = try await open(server)
        #expect(server.library.listenerCount == 1)
        _ = connection
      }
      while server.library.listenerCount > 0 { try await Task.sleep(for: .milliseconds(5)) }
    }
  }

  @Test func aClientThatNeverReadsIsDropped() async throws {
    try await RunningServer.run({
      $0.writeTimeout = .milliseconds(300)
      $0.eventBuffer = 16
    }) { server in
      let connection = try await open(server)
      let long = AnalysisFailure(.corrupt, String(repeating: "x", count: 4_000))
      for number in 1...100_000 as ClosedRange<UInt64> {
        server.library.send(.failed("/a", long), number: number)
        if number % 100 == 0 { try await Task.sleep(for: .milliseconds(5)) }
        if server.library.listenerCount == 0 { break }
      }
      #expect(server.library.listenerCount == 0)
      _ = connection
    }
  }

  @Test func shutdownEndsOpenStreamsAndLetsRequestsFinish() async throws {
    try await RunningServer.run { server in
      let streams = [try await open(server), try await open(server)]
      let upload = try server.connect()
      try await upload.send(
        "POST /v1/similar HTTP/1.1\r\nHost: hark\r\nContent-Length: 4\r\n\r\nab")
      // The second half comes only after shutdown has begun.
      while try await server.get("/v1/status").status != 200 {}
      await server.services.triggerGracefulShutdown()
      for stream in streams { #expect(try await stream.read().hasSuffix("0\r\n\r\n")) }
      try await upload.send("cd")
      #expect(try RunningServer.Answer(try await upload.read()).status == 200)
      #expect(server.library.with { $0.analysed } == [Array("abcd".utf8)])
    }
  }

  @Test func whatDoesNotEndIsCutOffAfterTheTimeToDrain() async throws {
    try await RunningServer.run({ $0.drainTimeout = .milliseconds(200) }) { server in
      let upload = try server.connect()
      try await upload.send(
        "POST /v1/similar HTTP/1.1\r\nHost: hark\r\nContent-Length: 4\r\n\r\nab")
      _ = try await server.get("/v1/status")
      await server.services.triggerGracefulShutdown()
      #expect(!(try await upload.read().hasPrefix("HTTP/1.1 200")))
    }
  }

  @Test func streamsAreBounded() async throws {
    try await RunningServer.run({ $0.maximumEventStreams = 1 }) { server in
      do {
        let first = try await open(server)
        #expect(try await server.get("/v1/events").problem().status == 503)
        _ = first
      }
      while server.library.listenerCount > 0 { try await Task.sleep(for: .milliseconds(5)) }
      var status = 503
      while status == 503 {
        let next = try server.connect()
        try await next.send("GET /v1/events HTTP/1.1\r\nHost: hark\r\n\r\n")
        status = try RunningServer.Answer(try await next.read(until: "\r\n\r\n")).status
      }
      #expect(status == 200)
    }
  }
}
