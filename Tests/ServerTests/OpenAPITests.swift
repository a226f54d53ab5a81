import API
import Core
import Foundation
import Library
import Testing

@testable import Server

@Suite struct OpenAPITests {
  /// One request that succeeds for every operation of the document.
  private static let requests: [String: (target: String, type: String, body: String?)] = [
    "status": ("/v1/status", "", nil),
    "recordings": ("/v1/recordings?limit=2", "", nil),
    "recording": ("/v1/recordings/\(FakeLibrary.id(1))", "", nil),
    "files": ("/v1/files", "", nil),
    "rescan": ("/v1/rescan", "application/json", #"{"under": "/music"}"#),
    "forget": ("/v1/forget", "application/json", #"{"path": "/music/a.flac"}"#),
    "similar": (
      "/v1/similar?from=0&to=1&like=/music/a.flac&min_duration=1&under=/music", "audio/wav", "x"
    ),
    "identify": ("/v1/identify?expect=3", "audio/wav", "x"),
    "duplicates": ("/v1/duplicates?wait=1", "", nil),
    "tags": ("/v1/tags", "audio/wav", "x"),
    "recordingTags": ("/v1/recordings/\(FakeLibrary.id(1))/tags", "", nil),
    "models": ("/v1/models", "", nil),
    "model": ("/v1/models/\(FakeLibrary.id(99))", "", nil),
    "backup": ("/v1/backup", "", nil),
    "metrics": ("/metrics", "", nil),
    "openapi": ("/openapi.json", "", nil),
  ]

  private func document(_ server: RunningServer) async throws -> [String: Any] {
    let text = try await server.get("/openapi.json").body
    return try #require(
      try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
  }

  @Test func everyRouteIsInTheDocumentAndTheOtherWayRound() async throws {
    try await RunningServer.run { server in
      let document = try await document(server)
      #expect(document["openapi"] as? String == "3.1.0")
      let paths = try #require(document["paths"] as? [String: [String: Any]])
      var documented: Set<String> = []
      for (path, item) in paths {
        for method in item.keys { documented.insert("\(method.uppercased()) \(path)") }
      }
      let table = RouteTable(
        library: server.library, configuration: ServerConfiguration(spoolDirectory: "/tmp"),
        metrics: RequestMetrics())
      #expect(Set(table.routes.map { "\($0.method) \($0.path)" }) == documented)
      #expect(Set(table.routes.map(\.name)).count == table.routes.count)
      #expect(
        documented == [
          "GET /v1/status", "GET /v1/recordings", "GET /v1/recordings/{id}", "GET /v1/files",
          "GET /v1/events", "GET /metrics", "GET /openapi.json", "POST /v1/similar",
          "POST /v1/rescan", "POST /v1/forget", "POST /v1/tags", "GET /v1/recordings/{id}/tags",
          "GET /v1/models", "GET /v1/models/{id}", "POST /v1/identify",
          "GET /v1/duplicates", "GET /v1/backup",
        ])
    }
  }

  @Test func everyOperationAnswersAsTheDocumentSays() async throws {
    try await RunningServer.run { server in
      let document = try await document(server)
      let validator = SchemaValidator(document: document)
      let paths = try #require(document["paths"] as? [String: [String: Any]])
      for (path, item) in paths {
        for (method, value) in item {
          let operation = try #require(value as? [String: Any])
          let name = try #require(operation["operationId"] as? String)
          // A stream does not end by itself; its events have a test of their own.
          if name == "events" { continue }
          let request = try #require(Self.requests[name], "no request for \(name)")
          let answer = try await server.ask(
            method.uppercased(), request.target, headers: ["Content-Type: \(request.type)"],
            body: request.body.map { Array($0.utf8) })
          let responses = try #require(operation["responses"] as? [String: [String: Any]])
          let response = try #require(
            responses["\(answer.status)"], "\(method) \(path) answers \(answer.status)")
          let content = try #require(response["content"] as? [String: [String: Any]])
          let type = answer.headers["content-type"]?.split(separator: ";").first.map(String.init)
          let media = try #require(content[type ?? ""], "\(name) answers \(type ?? "nothing")")
          guard type == "application/json" else { continue }
          let json = try JSONSerialization.jsonObject(with: Data(answer.body.utf8))
          let schema = try #require(media["schema"] as? [String: Any])
          #expect(validator.errors(json, schema).isEmpty)
        }
      }
    }
  }

  @Test func problemsAndEventsAreAsTheDocumentSays() async throws {
    try await RunningServer.run { server in
      let validator = SchemaValidator(document: try await document(server))
      func check(_ bytes: [UInt8], _ name: String) throws {
        let json = try JSONSerialization.jsonObject(with: Data(bytes))
        #expect(validator.errors(json, ["$ref": "#/components/schemas/\(name)"]).isEmpty)
      }
      for target in ["/nothing", "/v1/files?limit=0", "/v1/recordings/\(FakeLibrary.id(9))"] {
        try check(Array(try await server.get(target).body.utf8), "Problem")
      }
      let events: [LibraryEvent.Kind] = [
        .analysed(FakeLibrary.odd, FakeLibrary.id(1), isNew: false),
        .failed("/a", AnalysisFailure(.empty, "empty")), .moved(from: FakeLibrary.odd, to: "/b"),
        .removed("/a"), .offline("/a", reason: "away"), .online("/a"),
        .progress(pending: 0, analysed: 1, failed: 2), .idle,
      ]
      for kind in events {
        let event = Wire.Event(.init(number: 1, time: 2, kind: kind))
        try check(try WireJSON.encode(event), "Event")
      }
    }
  }

  /// The request schemas, held against what the decoder really takes.
  @Test func requestSchemasNameExactlyTheKeysThatAreTaken() throws {
    func keys(_ name: String) -> Set<String> {
      guard case .object(let properties)? = Schema.components[name]?["properties"] else {
        return []
      }
      return Set(properties.keys)
    }
    func known<Value: Decodable>(_ type: Value.Type) -> Set<String> {
      do {
        _ = try WireJSON.decodeRequest(type, from: #"{"?": 1}"#.utf8)
        return []
      } catch {
        let list = error.remedy?.split(separator: ": ").last ?? ""
        return Set(list.components(separatedBy: ", "))
      }
    }
    #expect(keys("SimilarRequest") == known(Wire.SimilarRequest.self))
    #expect(keys("Seed") == known(Wire.Seed.self))
    #expect(keys("Filter") == known(Wire.Filter.self))
    #expect(keys("DurationBounds") == known(Wire.DurationBounds.self))
    #expect(keys("TagRequest") == known(Wire.TagRequest.self))
    #expect(keys("IdentifyRequest") == known(Wire.IdentifyRequest.self))
    #expect(keys("Rescan") == known(Wire.Rescan.self))
    #expect(keys("Forget") == known(Wire.Forget.self))
  }
}
