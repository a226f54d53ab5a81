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
          #expect(try RunningServer.Answer(text).status == 200)
        }
      }
      #expect(asked() == 3)
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
