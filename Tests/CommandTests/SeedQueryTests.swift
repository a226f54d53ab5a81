import API
import Core
import SystemPackage
import Testing

@testable import Command

@Suite struct SeedQueryTests {
  private static let id = String(repeating: "ab", count: 32)

  /// What is asked when the library knows one file of 240 s.
  private func asked(from: Double?, to: Double?) async throws -> Wire.Seed {
    let entry = FileEntry(
      path: "/nowhere/known.flac", state: .analysed, size: 1, modified: 0,
      recording: RecordingID(Self.id), duration: 240, metadata: Metadata(), failure: nil,
      failureCount: 0, retryAt: nil, added: 0)
    let files = try WireJSON.encode(Wire.Files(files: [Wire.File(entry)], cursor: nil))
    let server = try await TestServer { request in
      TestServer.Response(
        200, "application/json", request.path == "/v1/files" ? files : Array("{}".utf8))
    }
    let query = SeedQuery(
      like: [.file(PathArgument("/nowhere/known.flac"))], unlike: [], from: from, to: to,
      under: [], k: 10)
    _ = try await query.ask(Daemon(location: SocketLocation([server.socket])))
    let body = try #require(server.requests.last?.body)
    try await server.close()
    return try #require(try WireJSON.decode(Wire.SimilarRequest.self, from: body).like.first)
  }

  @Test func aStretchWithoutAnEndEndsWithTheRecording() async throws {
    let seed = try await asked(from: 60, to: nil)
    #expect(seed.from == 60 && seed.to == 240)
  }

  /// So that the daemon says what is wrong with it.
  @Test(arguments: [240.0, 540, 1e9])
  func aStretchPastTheEndIsStillAStretch(from: Double) async throws {
    let seed = try await asked(from: from, to: nil)
    #expect(seed.from == from)
    #expect(try #require(seed.to) > from)
  }

  @Test func anEndThatIsGivenIsSent() async throws {
    let seed = try await asked(from: 540, to: 560)
    #expect(seed.from == 540 && seed.to == 560)
  }
}
