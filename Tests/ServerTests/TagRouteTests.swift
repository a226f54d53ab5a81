import API
import Core
import Library
import SystemPackage
import Testing

@testable import Server

@Suite struct TagRouteTests {
  private static let expected = [
    Wire.Tag(Core.Tag(label: "rain", score: 0.75)), Wire.Tag(Core.Tag(label: "bell", score: 0.25)),
  ]

  @Test func aRecordingIsNamedByPathBytesOrID() async throws {
    try await RunningServer.run { server in
      let id = FakeLibrary.id(1)
      let bytes = PathText.base64(FakeLibrary.odd)
      for (json, source) in [
        (#"{"path": "/music/a.flac"}"#, Seed.Source.file("/music/a.flac")),
        (#"{"path_base64": "\#(bytes)"}"#, .file(FakeLibrary.odd)),
        (#"{"id": "\#(id)"}"#, .recording(id)),
      ] {
        let answer = try await server.post("/v1/tags", json)
        #expect(answer.status == 200)
        #expect(server.library.with { $0.tagged.last } == source)
        let wire = try answer.decode(Wire.TagAnswer.self)
        #expect(wire.tags == Self.expected)
        #expect(wire.query.model.name == "model" && wire.query.audio == nil)
        switch source {
        case .file(let path): #expect(wire.query.filePath == path && wire.query.id == nil)
        default: #expect(wire.query.id == id.description && wire.query.path == nil)
        }
      }
      let plain = try await server.get("/v1/recordings/\(id)/tags")
      #expect(try plain.decode(Wire.TagAnswer.self).tags == Self.expected)
      #expect(server.library.with { $0.tagged.last } == .recording(id))
    }
  }

  @Test func audioIsListenedToOnTheSpot() async throws {
    try await RunningServer.run { server in
      let answer = try await server.post("/v1/tags", "RIFF…", type: "audio/wav")
      #expect(server.library.with { $0.analysed } == [Array("RIFF…".utf8)])
      let wire = try answer.decode(Wire.TagAnswer.self)
      #expect(wire.tags == Self.expected)
      #expect(wire.query.id == FakeLibrary.id(50).description)
      #expect(wire.query.audio?.id == wire.query.id)
      server.library.with { $0.failure = AnalysisFailure(.notAudio, "it is a letter") }
      let problem = try await server.post("/v1/tags", "Dear", type: "audio/wav").problem()
      #expect(problem.status == 422 && problem.code == "notAudio")
    }
  }

  @Test func aModelWithoutATagHeadGivesNone() async throws {
    try await RunningServer.run { server in
      server.library.with { $0.tags = [] }
      let answer = try await server.post("/v1/tags", #"{"path": "/music/a.flac"}"#)
      #expect(try answer.decode(Wire.TagAnswer.self).tags.isEmpty)
    }
  }

  @Test(arguments: [
    (#"{}"#, 400), (#"{"path": "a"}"#, 400), (#"{"id": "12"}"#, 400),
    (#"{"path": "/music/a.flac", "id": "aa"}"#, 400), (#"{"like": []}"#, 400), ("[", 400),
    ("", 400), (#"{"path": "/music/none"}"#, 404),
  ]) func aBadQuestionIsRefused(json: String, status: Int) async throws {
    try await RunningServer.run { server in
      let problem = try await server.post("/v1/tags", json).problem()
      #expect(problem.status == status, "\(problem)")
      #expect(server.library.with { $0.tagged.isEmpty })
      #expect(try await server.get("/v1/recordings/12/tags").status == 400)
      #expect(try await server.get("/v1/recordings/\(FakeLibrary.id(77))/tags").status == 404)
    }
  }

  @Test func modelsAreListedAndOneHasItsLabels() async throws {
    try await RunningServer.run { server in
      let list = try await server.get("/v1/models").decode(Wire.Models.self)
      #expect(list.models.map(\.labels) == [2])
      #expect(list.models == (try await server.get("/v1/status").decode(Wire.Status.self).models))
      let one = try await server.get("/v1/models/\(list.models[0].id)")
      let details = try one.decode(Wire.ModelDetails.self)
      #expect(details.labels == ["bell", "rain"] && details.model == list.models[0])
      #expect(try await server.get("/v1/models/\(FakeLibrary.id(1))").problem().status == 404)
      #expect(try await server.get("/v1/models/hark-1").problem().status == 400)
    }
  }
}
