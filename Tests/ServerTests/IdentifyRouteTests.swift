import API
import Core
import TestSupport
import Testing

@testable import Server

@Suite struct IdentifyRouteTests {
  private func ask(_ server: RunningServer, expecting expect: Int) async throws -> RawConnection {
    let body = #"{"path":"/music/a.flac","expect":\#(expect)}"#
    let connection = try server.connect()
    try await connection.send(
      "POST /v1/identify HTTP/1.1\r\nHost: hark\r\nConnection: close\r\n"
        + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n" + body)
    return connection
  }

  @Test func anAnswerSaysHowManyFalseOnesAreToBeExpected() async throws {
    try await RunningServer.run { server in
      let answer = try await server.post(
        "/v1/identify", #"{"path":"/music/a.flac","expect":2}"#)
      #expect(answer.body.contains(#""expected_false_matches":0.5"#), "\(answer.body)")
      let result = try #require(try answer.decode(Wire.IdentifyAnswer.self).results.first)
      #expect(result.expectedFalseMatches == 0.5 && abs(result.confidence - 0.60653) < 1e-5)
    }
  }

  /// Whoever asked for it has gone, or the daemon stops; but not who only has nothing more to send.
  @Test func aTimeLineThatNobodyWaitsForIsGivenUp() async throws {
    try await RunningServer.run { server in
      server.library.with { $0.search.time = .seconds(900) }
      var connection: RawConnection? = try await ask(server, expecting: 5)
      try await eventually("it is searched for") { server.library.with { $0.search.begun } == 1 }
      #expect(server.library.with { $0.search.givenUp } == 0)
      _ = connection
      connection = nil
      try await eventually("it is given up") {
        server.library.with { $0.search.givenUp } == 1
      }

      server.library.with { $0.search.time = .seconds(3) }
      let patient = try await ask(server, expecting: 5)
      patient.finishSending()
      let heard = try RunningServer.Answer(try await patient.read())
      #expect(heard.status == 200 && server.library.with { $0.search.givenUp } == 1, "\(heard)")

      server.library.with { $0.search.time = .seconds(900) }
      let last = try await ask(server, expecting: 5)
      try await eventually("it is searched for") { server.library.with { $0.search.begun } == 3 }
      await server.services.triggerGracefulShutdown()
      let refused = try RunningServer.Answer(try await last.read())
      #expect(refused.status == 503 && server.library.with { $0.search.givenUp } == 2, "\(refused)")
    }
  }
}
