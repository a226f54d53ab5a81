import API
import Core
import Library
import SystemPackage
import Testing

@testable import Server

@Suite struct SimilarRouteTests {
  @Test func aQueryReachesTheLibraryAndComesBackAsItWasUnderstood() async throws {
    try await RunningServer.run { server in
      let base64 = PathText.base64(FakeLibrary.odd)
      let answer = try await server.post(
        "/v1/similar",
        """
        {"like": [{"path": "/music/a.flac", "from": 1, "to": 2.5}, {"path_base64": "\(base64)"}],
         "unlike": [{"id": "\(FakeLibrary.id(1))"}], "k": 2,
         "filter": {"under": "/music", "duration": {"min": 1}}}
        """)
      #expect(answer.status == 200)
      let query = try #require(server.library.with { $0.queries.first })
      #expect(
        query.like == [
          Seed(.file("/music/a.flac"), range: try TimeRange(from: 1, to: 2.5)),
          Seed(.file(FakeLibrary.odd)),
        ])
      #expect(query.unlike == [Seed(.recording(FakeLibrary.id(1)))])
      #expect(query.filter == .init(under: ["/music"], minimumDuration: 1) && query.k == 2)
      let wire = try answer.decode(Wire.SimilarAnswer.self)
      #expect(wire.query.byMoment && wire.query.k == 2 && wire.query.model.trained == false)
      #expect(wire.query.like[0].from == 1 && wire.query.filter.duration?.min == 1)
      #expect(wire.results.count == 2)
      #expect(wire.results[0].from == 0.96 && wire.results[0].to == 1.92)
    }
  }

  @Test func resultsWithoutAStretchHaveNoTimes() async throws {
    try await RunningServer.run { server in
      let answer = try await server.post("/v1/similar", #"{"like": [{"path": "/music/a.flac"}]}"#)
      #expect(!answer.body.contains(#""from""#))
      let wire = try answer.decode(Wire.SimilarAnswer.self)
      #expect(wire.results[2].filePaths == [FakeLibrary.odd])
      #expect(server.library.with { $0.queries.first?.k } == 10)
    }
  }

  @Test(arguments: [
    (#"{"like": []}"#, "like"), (#"{"like": [{}]}"#, "like[0]"),
    (#"{"like": [{"path": "a"}]}"#, "like[0].path"),
    (#"{"like": [{"path": "/a\u0000b"}]}"#, "like[0].path"),
    (#"{"like": [{"path": "/a", "id": "b"}]}"#, "like[0]"),
    (#"{"like": [{"id": "b"}]}"#, "like[0].id"),
    (#"{"like": [{"path": "/a", "from": 1}]}"#, "like[0].to"),
    (#"{"like": [{"path": "/a", "from": 2, "to": 1}]}"#, "stretch"),
    (#"{"like": [{"path": "/a"}], "k": 0}"#, "k"),
    (#"{"like": [{"path": "/a"}], "under": "/"}"#, "under"),
    (#"{"like": [{"path": "/a"}], "filter": {"duration": {"min": 2, "max": 1}}}"#, "duration"),
    (#"{"like": [{"path_base64": "?"}]}"#, "like[0].path_base64"), ("[", "JSON"), ("", "JSON"),
  ]) func aBadQueryIsToldWhatIsWrong(json: String, expected: String) async throws {
    try await RunningServer.run { server in
      let problem = try await server.post("/v1/similar", json).problem()
      #expect(problem.status == 400)
      #expect(problem.detail.contains(expected), "\(problem.detail)")
      #expect(server.library.with { $0.queries.isEmpty })
    }
  }

  @Test func audioIsSpooledWholeAndAnalysed() async throws {
    try await RunningServer.run { server in
      let audio = (0..<3_000_001).map { UInt8(truncatingIfNeeded: $0 &* 31) }
      let target =
        "/v1/similar?k=1&from=0&to=1.5&under=/m%C3%BCsic&under=/caf%E9&max_duration=9"
        + "&unlike=/music/a.flac&like=\(FakeLibrary.id(2))"
      let answer = try await server.ask(
        "POST", target, headers: ["Content-Type: audio/flac"], body: audio)
      #expect(answer.status == 200)
      #expect(server.library.with { $0.analysed } == [audio])
      let query = try #require(server.library.with { $0.queries.first })
      #expect(query.like.count == 2 && query.k == 1)
      #expect(query.like[0].range == (try TimeRange(from: 0, to: 1.5)))
      guard case .analysis(let analysis) = query.like[0].source else {
        Issue.record("the audio is not the first seed")
        return
      }
      #expect(analysis.recording == FakeLibrary.id(50))
      #expect(query.unlike == [Seed(.file("/music/a.flac"))])
      #expect(query.filter.under == ["/müsic", FilePath(bytes: [0x2f, 0x63, 0x61, 0x66, 0xe9])])
      #expect(query.filter.maximumDuration == 9)
      let wire = try answer.decode(Wire.SimilarAnswer.self)
      #expect(wire.query.audio?.id == FakeLibrary.id(50).description)
      #expect(wire.query.like[0].id == wire.query.audio?.id)
    }
  }

  @Test func audioMayBeOnTheOtherSide() async throws {
    try await RunningServer.run { server in
      let alone = try await server.ask(
        "POST", "/v1/similar?role=unlike", headers: ["Content-Type: audio/wav"], body: [1])
      #expect(try alone.problem().detail.contains("role"))
      let answer = try await server.ask(
        "POST", "/v1/similar?role=unlike&like=/music/a.flac",
        headers: ["Content-Type: audio/wav"], body: [1])
      #expect(answer.status == 200)
      #expect(server.library.with { $0.queries.first?.unlike.count } == 1)
    }
  }

  @Test func chunkedAudioArrives() async throws {
    try await RunningServer.run { server in
      let connection = try server.connect()
      try await connection.send(
        "POST /v1/similar HTTP/1.1\r\nHost: hark\r\nTransfer-Encoding: chunked\r\n"
          + "Connection: close\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n")
      #expect(try RunningServer.Answer(try await connection.read()).status == 200)
      #expect(server.library.with { $0.analysed } == [Array("abcde".utf8)])
    }
  }

  @Test(arguments: [
    "Content-Type: \(formMediaType)", "Content-Type: text/plain",
    "Content-Type: text/json; charset=utf-8", "X-Says: nothing",
  ]) func aTypeThatSaysNothingMayBeEither(header: String) async throws {
    try await RunningServer.run { server in
      for blanks in ["", " \r\n\t"] {
        let body = blanks + #"{"like": [{"path": "/music/a.flac"}]}"#
        let json = try await server.ask(
          "POST", "/v1/similar", headers: [header], body: Array(body.utf8))
        #expect(json.status == 200 && server.library.with { $0.analysed.isEmpty })
      }
      let audio = try await server.ask(
        "POST", "/v1/similar", headers: [header], body: Array("RIFF".utf8))
      #expect(audio.status == 200)
      #expect(server.library.with { $0.analysed } == [Array("RIFF".utf8)])
    }
  }

  /// Blanks that come alone, in a piece of their own, decide nothing.
  @Test func blanksBeforeJSONMayComeInAPieceOfTheirOwn() async throws {
    try await RunningServer.run { server in
      let json = #"{"like": [{"path": "/music/a.flac"}]}"#
      let connection = try server.connect()
      try await connection.send(
        "POST /v1/similar HTTP/1.1\r\nHost: hark\r\nTransfer-Encoding: chunked\r\n"
          + "Connection: close\r\n\r\n2\r\n \n\r\n\(String(json.utf8.count, radix: 16))\r\n"
          + "\(json)\r\n0\r\n\r\n")
      #expect(try RunningServer.Answer(try await connection.read()).status == 200)
      #expect(server.library.with { $0.analysed.isEmpty && $0.queries.count == 1 })
    }
  }

  @Test func audioThatCannotBeAnalysedSaysWhy() async throws {
    try await RunningServer.run { server in
      server.library.with { $0.failure = AnalysisFailure(.unsupported, "AAC is not decoded") }
      let problem = try await server.post("/v1/similar", "x", type: "audio/aac").problem()
      #expect(problem.status == 422 && problem.code == "unsupported")
      #expect(problem.detail == "AAC is not decoded")
    }
  }
}
