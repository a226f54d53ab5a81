import Core
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Server

@Suite struct LimitTests {
  @Test func aBodyThatSaysItIsTooLongIsRefusedUnread() async throws {
    try await RunningServer.run({ $0.maximumAudioBytes = 1000 }) { server in
      let connection = try server.connect()
      try await connection.send(
        "POST /v1/similar HTTP/1.1\r\nHost: hark\r\nContent-Type: audio/wav\r\n"
          + "Content-Length: 1001\r\nExpect: 100-continue\r\n\r\n")
      let answer = try RunningServer.Answer(try await connection.read())
      #expect(answer.status == 413)
      #expect(answer.headers["connection"] == "close")
      #expect(try answer.problem().code == "tooLarge")
    }
  }

  @Test func anEndlessBodyIsCutAtTheLimit() async throws {
    try await RunningServer.run({ $0.maximumAudioBytes = 100_000 }) { server in
      let connection = try server.connect()
      try await connection.send(
        "POST /v1/similar HTTP/1.1\r\nHost: hark\r\nTransfer-Encoding: chunked\r\n\r\n")
      let chunk = Array("2710\r\n".utf8) + [UInt8](repeating: 1, count: 10_000) + [13, 10]
      let endless = Task {
        var sent = 0
        while try await connection.send(chunk), sent < 1 << 32 { sent += chunk.count }
        return sent
      }
      let answer = try RunningServer.Answer(try await connection.read())
      #expect(answer.status == 413)
      // The connection lingers so that the answer is seen, and then ends.
      #expect(try await endless.value < 1 << 32)
      #expect(server.library.with { $0.analysed.isEmpty })
    }
  }

  @Test func longJSONIsRefusedWhateverItCallsItself() async throws {
    try await RunningServer.run({ $0.maximumJSONBytes = 100 }) { server in
      let json = #"{"like": [{"path": "/\#(String(repeating: "a", count: 200))"}]}"#
      for (target, type) in [
        ("/v1/similar", "application/json"), ("/v1/similar", formMediaType),
        ("/v1/forget", "application/json"),
      ] {
        let answer = try await server.post(target, json, type: type)
        #expect(answer.status == 413)
      }
    }
  }

  /// What is gathered in memory has a limit for everybody together, too.
  @Test func soManyLongRequestsAreReadAtATime() async throws {
    try await RunningServer.run({ $0.maximumLongRequests = 1 }) { server in
      let half = String(repeating: " ", count: 100_000)
      let connections = [try server.connect(), try server.connect()]
      for connection in connections {
        try await connection.send(
          "POST /v1/similar HTTP/1.1\r\nHost: hark\r\nContent-Type: application/json\r\n"
            + "Content-Length: 200000\r\n\r\n" + half)
      }
      try await withThrowingTaskGroup(of: Int.self) { tasks in
        for connection in connections {
          tasks.addTask {
            try RunningServer.Answer(try await connection.read(until: "\r\n\r\n")).status
          }
        }
        #expect(try await tasks.next() == 503)
        for connection in connections { try await connection.send(half) }
        #expect(try await tasks.next() == 400)
      }
    }
  }

  /// The time for which a connection lingers begins when its last answer is taken.
  @Test func aSlowReaderHasTheWholeOfTheLastAnswer() async throws {
    try await RunningServer.run({ $0.lingerTimeout = .milliseconds(20) }) { server in
      server.library.makeLong()
      let connection = try server.connect()
      try await connection.send(
        "GET /v1/files?limit=200 HTTP/1.1\r\nHost: hark\r\nConnection: close\r\n\r\n")
      try await eventually("it is asked for") { server.library.with { $0.fileQueries.count } == 1 }
      try await Task.sleep(for: .milliseconds(300))
      let answer = try RunningServer.Answer(try await connection.read())
      #expect(answer.headers["content-length"] == "\(answer.body.utf8.count)")
    }
  }

  @Test func longHeadersAreRefusedWithAProblem() async throws {
    try await RunningServer.run({ $0.maximumHeaderBytes = 2000 }) { server in
      let long = String(repeating: "a", count: 4000)
      for answer in [
        try await server.ask("GET", "/v1/status", headers: ["X-Long: \(long)"]),
        try await server.get("/v1/\(long)"),
      ] {
        #expect(try answer.problem().status == 431)
      }
      let many = (0..<200).map { "X-\($0): 1" }
      #expect(try await server.ask("GET", "/v1/status", headers: many).status == 431)
    }
  }

  @Test(arguments: [
    "GARBAGE\r\n\r\n", "GET /v1/status HTTP/1.1\r\nHost : x\r\n\r\n",
    "POST /v1/forget HTTP/1.1\r\nHost: hark\r\nContent-Length: -1\r\n\r\n",
    "POST /v1/forget HTTP/1.1\r\nHost: hark\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab",
    "POST /v1/forget HTTP/1.1\r\nHost: hark\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
  ]) func whatIsNotHTTPIsAnsweredWithAProblem(text: String) async throws {
    try await RunningServer.run { server in
      let connection = try server.connect()
      try await connection.send(text)
      let answer = try RunningServer.Answer(try await connection.read())
      #expect(answer.status == 400)
      #expect(try answer.problem().code == "invalidArgument")
    }
  }

  @Test func aSlowHeaderEndsTheConnection() async throws {
    try await RunningServer.run({ $0.idleTimeout = .milliseconds(300) }) { server in
      let connection = try server.connect()
      try await connection.send("GET /v1/status HTTP/1.1\r\nHo")
      #expect(try await connection.read().isEmpty)
    }
  }

  @Test func aSlowBodyIsAnsweredWithATimeout() async throws {
    try await RunningServer.run({
      $0.bodyTimeout = .milliseconds(300)
      $0.minimumBodyRate = 1_000_000
    }) { server in
      let connection = try server.connect()
      try await connection.send(
        "POST /v1/similar HTTP/1.1\r\nHost: hark\r\nContent-Length: 1000\r\n\r\n")
      let drip = Task {
        while try await connection.send("a") { try await Task.sleep(for: .milliseconds(20)) }
      }
      let answer = try RunningServer.Answer(try await connection.read())
      drip.cancel()
      #expect(answer.status == 408)
      #expect(try answer.problem().code == "timedOut")
    }
  }

  @Test func aBodyThatEndsEarlyIsNotTakenForWhole() async throws {
    try await RunningServer.run { server in
      for head in [
        "Content-Length: 10\r\n\r\nabc", "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
      ] {
        let connection = try server.connect()
        try await connection.send("POST /v1/similar HTTP/1.1\r\nHost: hark\r\n\(head)")
        connection.finishSending()
        let text = try await connection.read()
        #expect(text.isEmpty || text.hasPrefix("HTTP/1.1 400"), "\(text)")
      }
      #expect(server.library.with { $0.analysed.isEmpty })
    }
  }

  @Test func continuesOnlyWhenItWillRead() async throws {
    try await RunningServer.run { server in
      let connection = try server.connect()
      try await connection.send(
        "POST /v1/similar HTTP/1.1\r\nHost: hark\r\nContent-Length: 3\r\n"
          + "Expect: 100-continue\r\nConnection: close\r\n\r\n")
      #expect(try await connection.read(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
      try await connection.send("abc")
      #expect(try RunningServer.Answer(try await connection.read()).status == 200)

      let refused = try server.connect()
      try await refused.send(
        "POST /v1/nothing HTTP/1.1\r\nHost: hark\r\nContent-Length: 3\r\n"
          + "Expect: 100-continue\r\n\r\n")
      #expect(try RunningServer.Answer(try await refused.read()).status == 404)
    }
  }

  @Test func pipelinedRequestsAreAnsweredInOrderUpToTheBrokenOne() async throws {
    try await RunningServer.run { server in
      let connection = try server.connect()
      func get(_ target: String) -> String { "GET \(target) HTTP/1.1\r\nHost: hark\r\n\r\n" }
      try await connection.send(
        get("/v1/status") + get("/v1/nothing") + get("/v1/recordings") + "BROKEN\r\n\r\n"
          + get("/v1/status"))
      let text = try await connection.read()
      let statuses = text.components(separatedBy: "HTTP/1.1 ").dropFirst().map { $0.prefix(3) }
      #expect(statuses == ["200", "404", "200", "400"])
    }
  }

  @Test func nothingIsDoneAfterTheLastAnswer() async throws {
    try await RunningServer.run { server in
      let connection = try server.connect()
      // The first body is not read, so that its bytes could be mistaken for a request.
      let forget = #"{"path": "/music/a.flac"}"#
      let request =
        "POST /v1/forget HTTP/1.1\r\nHost: hark\r\nContent-Length: \(forget.utf8.count)\r\n\r\n\(forget)"
      try await connection.send(
        "POST /v1/nothing HTTP/1.1\r\nHost: hark\r\nContent-Length: 5\r\n\r\nhello" + request)
      let text = try await connection.read()
      #expect(text.components(separatedBy: "HTTP/1.1 ").count == 2)
      #expect(server.library.with { $0.forgotten.isEmpty })
    }
  }

  @Test func aClientMayCloseItsSideAndStillRead() async throws {
    try await RunningServer.run { server in
      let connection = try server.connect()
      try await connection.send("GET /v1/status HTTP/1.1\r\nHost: hark\r\n\r\n")
      connection.finishSending()
      #expect(try RunningServer.Answer(try await connection.read()).status == 200)
    }
  }

  /// Queries have one worker: it must not go on for a client that has gone.
  @Test(arguments: ["similar", "identify"])
  func audioThatNobodyWaitsForIsNotListenedTo(_ question: String) async throws {
    try await RunningServer.run { server in
      func send() async throws -> RawConnection {
        let connection = try server.connect()
        try await connection.send(
          "POST /v1/\(question) HTTP/1.1\r\nHost: hark\r\nContent-Type: audio/wav\r\n"
            + "Content-Length: 4\r\nConnection: close\r\n\r\nabcd")
        return connection
      }
      server.library.with { $0.analysis.time = .seconds(900) }
      var connection: RawConnection? = try await send()
      try await eventually("it is listened to") { server.library.with { $0.analysis.begun } == 1 }
      #expect(server.library.with { $0.analysis.givenUp } == 0)
      _ = connection
      connection = nil
      try await eventually("it is given up") {
        server.library.with { $0.analysis.givenUp } == 1
      }

      server.library.with { $0.analysis.time = .seconds(3) }
      let patient = try await send()
      patient.finishSending()
      let heard = try RunningServer.Answer(try await patient.read())
      #expect(heard.status == 200 && server.library.with { $0.analysis.givenUp } == 1, "\(heard)")
    }
  }

  @Test func theLongestIdleConnectionGivesWay() async throws {
    try await RunningServer.run({ $0.maximumConnections = 2 }) { server in
      let held = [try server.connect(), try server.connect()]
      for connection in held {
        try await connection.send("GET /v1/status HTTP/1.1\r\nHost: hark\r\n\r\n")
        _ = try await connection.read(until: "\r\n\r\n")
      }
      #expect(try await server.get("/v1/status").status == 200)
      #expect(try await held[0].waitForHangUp())
      // The other one can go on.
      try await held[1].send("GET /v1/status HTTP/1.1\r\nHost: hark\r\nConnection: close\r\n\r\n")
      #expect(try await held[1].read().contains("HTTP/1.1 200"))
    }
  }

  @Test func whereAllConnectionsAreBusyTheNextIsToldSo() async throws {
    try await RunningServer.run({ $0.maximumConnections = 2 }) { server in
      let busy = [try server.connect(), try server.connect()]
      for connection in busy {
        try await connection.send(
          "POST /v1/similar HTTP/1.1\r\nHost: hark\r\nContent-Length: 4\r\n"
            + "Expect: 100-continue\r\n\r\n")
        // Its body is waited for.
        _ = try await connection.read(until: "100 Continue\r\n\r\n")
      }
      let refused = try await server.get("/v1/status")
      #expect(refused.status == 503 && refused.headers["connection"] == "close")
      #expect(try refused.problem().remedy?.contains("max-connections") == true)
      for connection in busy {
        try await connection.send("abcd")
        #expect(try await connection.read(until: "\r\n\r\n").hasPrefix("HTTP/1.1 200"))
      }
    }
  }

  @Test func anAnswerThatIsNeverReadEndsTheConnection() async throws {
    try await RunningServer.run({ $0.writeTimeout = .milliseconds(300) }) { server in
      server.library.makeLong()
      let connection = try server.connect()
      try await connection.send("GET /v1/files?limit=120 HTTP/1.1\r\nHost: hark\r\n\r\n")
      #expect(try await connection.waitForHangUp())
      let text = try await connection.read()
      let length = try #require(
        RunningServer.Answer(text).headers["content-length"].flatMap { Int($0) })
      #expect(text.utf8.count < length)
    }
  }
}
