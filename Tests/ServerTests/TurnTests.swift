import TestSupport
import Testing

@testable import Server

/// Requests of one user wait for each other, and for nobody else's.
@Suite struct TurnTests {
  @Test func soManyOfOneUserAreCarriedOutAtATime() async throws {
    try await RunningServer.run({ $0.requestsPerUser = 3 }) { server in
      let crowd = try (0..<40).map { _ in try server.connect() }
      for connection in crowd {
        try await connection.send(
          "GET /v1/status HTTP/1.1\r\nHost: hark\r\nConnection: close\r\n\r\n")
      }
      for connection in crowd {
        #expect(try RunningServer.Answer(try await connection.read()).status == 200)
      }
      #expect(server.library.with { $0.mostAtOnce } == 3)
    }
  }

  /// What waits for a client, or for a worker, keeps no turn.
  @Test func aSlowBodyHoldsNobodyUp() async throws {
    try await RunningServer.run({ $0.requestsPerUser = 1 }) { server in
      let slow = try (0..<3).map { _ in try server.connect() }
      for (connection, target) in zip(slow, ["similar", "forget", "similar"]) {
        let type = target == "forget" ? "Content-Type: application/json\r\n" : ""
        try await connection.send(
          "POST /v1/\(target) HTTP/1.1\r\nHost: hark\r\n\(type)Content-Length: 9\r\n\r\n{")
      }
      #expect(try await server.get("/v1/status").status == 200)
    }
  }

  @Test func longAnswersThatNobodyReadsHoldBackTheirUser() async throws {
    try await RunningServer.run({
      // Whoever has a turn when the limit is reached answers as well: one at a time makes it exact.
      $0.requestsPerUser = 1
      $0.longAnswersPerUser = 2
      $0.writeTimeout = .seconds(600)
    }) { server in
      server.library.makeLong()
      let unread = try (0..<3).map { _ in try server.connect() }
      for connection in unread {
        try await connection.send(
          "GET /v1/files?limit=200 HTTP/1.1\r\nHost: hark\r\nConnection: close\r\n\r\n")
      }
      // The third is not even asked for until one of the others is read.
      func asked() -> Int { server.library.with { $0.fileQueries.count } }
      try await eventually("two are answered") { asked() >= 2 }
      try await Task.sleep(for: .milliseconds(500))
      #expect(asked() == 2)
      try await withThrowingTaskGroup(of: String.self) { tasks in
        for connection in unread { tasks.addTask { try await connection.read() } }
        for try await text in tasks {
          let answer = try RunningServer.Answer(text)
          #expect(answer.status == 200)
          #expect(answer.headers["content-length"] == "\(answer.body.utf8.count)")
        }
      }
      #expect(asked() == 3)
    }
  }

  /// A request whose body is awaited is without a turn for that time. The next one on its connection
  /// must not take the only one there is: it waits for the first.
  @Test func aPipelineDoesNotWaitForItself() async throws {
    try await RunningServer.run({ $0.requestsPerUser = 1 }) { server in
      let connection = try server.connect()
      let body = #"{"like": [{"path": "/music/a.flac"}]}"#
      let head =
        "POST /v1/similar HTTP/1.1\r\nHost: hark\r\nContent-Type: application/json\r\n"
        + "Content-Length: \(body.utf8.count)\r\n\r\n"
      let status = "GET /v1/status HTTP/1.1\r\nHost: hark\r\n"
      try await connection.send(
        head + body + status + "\r\n" + head + body + status + "Connection: close\r\n\r\n")
      let text = try await connection.read()
      let statuses = text.components(separatedBy: "HTTP/1.1 ").dropFirst().map { $0.prefix(3) }
      #expect(statuses == ["200", "200", "200", "200"])
    }
  }

  /// Far more than have a turn at a time, each with another behind it.
  @Test func allOfALongQueueAreAnswered() async throws {
    try await RunningServer.run({
      $0.requestsPerUser = 2
      $0.maximumConnections = 200
    }) { server in
      var crowd = try (0..<150).map { _ in try server.connect() }
      let request = "GET /v1/status HTTP/1.1\r\nHost: hark\r\n"
      for connection in crowd {
        try await connection.send(request + "\r\n" + request + "Connection: close\r\n\r\n")
      }
      // Half of them give up while they wait.
      crowd.removeLast(75)
      for connection in crowd {
        #expect(try await connection.read().components(separatedBy: "HTTP/1.1 200").count == 3)
      }
      #expect(try await server.get("/v1/status").status == 200)
    }
  }

  @Test func whoWaitsIsServedInTurn() async throws {
    let configuration = ServerConfiguration(spoolDirectory: "/tmp")
    let turns = Turns(configuration)
    let held = (0..<configuration.requestsPerUser).map { _ in turns.turn(of: 1) }
    for turn in held { await turn.enter() }
    // Another user does not wait.
    let other = turns.turn(of: 2)
    await other.enter()
    other.leave()
    let waiting = Task {
      let turn = turns.turn(of: 1)
      await turn.enter()
      turn.leave()
    }
    held[0].leave()
    held[0].leave()
    await waiting.value
    for turn in held { turn.leave() }
  }
}
