import API
import Core
import Foundation
import NIOCore
import NIOPosix
import SystemPackage
import TestSupport
import Testing

@testable import Command

@Suite struct ClientTests {
  private func daemon(_ candidates: FilePath...) -> Daemon {
    Daemon(location: SocketLocation(candidates))
  }

  private func error(_ body: () async throws -> Void) async -> HarkError? {
    do {
      try await body()
      return nil
    } catch {
      return error as? HarkError
    }
  }

  @Test func pathsTravelByteForByte() async throws {
    let server = try await TestServer { _ in
      TestServer.Response(200, "application/json", Array(#"{"files":[]}"#.utf8))
    }
    let under = FilePath(bytes: [0x2f, 0x61, 0x20, 0xff, 0x26])
    let page = try await daemon(server.socket)
      .files(states: [.failed], under: under, limit: 5, cursor: "x+/=")
    #expect(page.files.isEmpty)
    let request = try #require(server.requests.first)
    #expect(
      request.target == "/v1/files?state=failed&under=%2Fa%20%FF%26&limit=5&cursor=x%2B%2F%3D")
    try await server.close()
  }

  @Test func filesAreSentWhole() async throws {
    let server = try await TestServer { request in
      TestServer.Response(200, "application/json", Array("\(request.body.count)".utf8))
    }
    let directory = try TemporaryDirectory()
    var random = SplitMix64(seed: 2)
    let bytes = (0..<1_500_001).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    try Data(bytes).write(to: directory("a.wav"))
    let (descriptor, count) = try InputFile.open(FilePath(directory("a.wav").path))
    defer { try? descriptor.close() }
    let answer = try await daemon(server.socket).answer(
      to: HTTPRequest(.POST, "/v1/similar", body: .file(descriptor, byteCount: count)))
    #expect(String(decoding: answer, as: UTF8.self) == "1500001")
    #expect(server.requests.first?.body == bytes)
    #expect(server.requests.first?.headers["content-length"] == ["1500001"])
    try await server.close()
  }

  @Test(arguments: [
    (404, "notFound", HarkError.Code.notFound, Core.ExitStatus.noInput),
    (503, "unavailable", .unavailable, .unavailable), (422, "notAudio", .corrupt, .badInput),
    (400, "invalidArgument", .invalidArgument, .usage),
  ])
  func problemsBecomeErrors(
    _ status: Int, _ code: String, _ expected: HarkError.Code, _ exit: Core.ExitStatus
  ) async throws {
    let problem = Wire.Problem(
      title: "T", status: status, detail: "what and where", code: code, remedy: "what to do")
    let body = try WireJSON.encode(problem)
    let server = try await TestServer { _ in
      TestServer.Response(status, Wire.Problem.mediaType, body)
    }
    let found = await error { _ = try await daemon(server.socket).status() }
    #expect(found?.code == expected)
    #expect(found?.code.exitStatus == exit)
    #expect(found?.description == "what and where; what to do")
    try await server.close()
  }

  @Test(arguments: [
    (503, HarkError.Code.unavailable), (413, .tooLarge), (403, .permissionDenied), (500, .defect),
    (418, .invalidArgument),
  ])
  func refusalsWithoutAProblemAreUnderstood(_ status: Int, _ code: HarkError.Code) async throws {
    let server = try await TestServer { _ in
      TestServer.Response(status, "text/html", Array("<p>".utf8))
    }
    #expect(await error { _ = try await daemon(server.socket).status() }?.code == code)
    try await server.close()
  }

  @Test func aConnectionThatBreaksIsAnError() async throws {
    let server = try await TestServer { _ in nil }
    let found = await error { _ = try await daemon(server.socket).status() }
    #expect(found?.code == .unavailable)
    try await server.close()
  }

  @Test func whatIsNoDaemonIsSaid() async throws {
    let directory = try TemporaryDirectory()
    let none = FilePath(directory("none").path)
    let missing = await error { _ = try await daemon(none).status() }
    #expect(missing?.code == .unavailable)
    #expect(missing?.message == "no daemon answers at \(none)")
    #expect(missing?.remedy?.contains("--socket") == true)

    let file = FilePath(directory("file").path)
    try Data().write(to: directory("file"))
    let refused = await error { _ = try await daemon(none, file).status() }
    #expect(refused?.message == "no daemon answers at \(none) nor \(file)")

    let long = FilePath("/" + String(repeating: "x", count: 200))
    #expect(await error { _ = try await daemon(long).status() }?.code == .invalidArgument)
    #expect(
      Daemon.noDaemon([("/a", ENOENT), ("/b", EACCES)]).code.exitStatus == .permissionDenied)
    #expect(Daemon.noDaemon([("/b", EACCES)]).remedy?.contains("group `hark`") == true)
  }

  @Test func theSecondCandidateAnswersWhereTheFirstDoesNot() async throws {
    let server = try await TestServer { _ in
      TestServer.Response(200, "application/json", Array("{}".utf8))
    }
    let answer = try await daemon("/nonexistent/hark.sock", server.socket).answer(to: .status)
    #expect(answer == Array("{}".utf8))
    try await server.close()
  }

  @Test func eventsComeAsTheyAreSent() async throws {
    let server = try await TestServer { _ in
      TestServer.Response(
        200, "text/event-stream", Array("id: 1\nevent: idle\nda".utf8),
        Array("ta: {}\n\n: ping\n\ndata: a\ndata: b\n\n".utf8))
    }
    var events: [ServerSentEvent] = []
    try await daemon(server.socket).events(HTTPRequest(.GET, "/v1/events")) { events.append($0) }
    #expect(
      events == [
        ServerSentEvent(name: "idle", data: "{}", id: "1"),
        ServerSentEvent(name: "message", data: "a\nb", id: "1"),
      ])
    try await server.close()
  }

  @Test func theSocketIsFoundInOrder() {
    func candidates(_ option: FilePath?, _ environment: [String: String]) -> [FilePath] {
      SocketLocation(option: option) { environment[$0].map { Array($0.utf8) } }.candidates
    }
    let all = ["HARK_SOCKET": "/h", "XDG_RUNTIME_DIR": "/run/user/1"]
    #expect(candidates("/o", all) == ["/o"])
    #expect(candidates(nil, all) == ["/h"])
    #expect(
      candidates(nil, ["XDG_RUNTIME_DIR": "/run/user/1", "HARK_SOCKET": ""])
        == ["/run/user/1/hark/hark.sock", "/run/hark/hark.sock"])
    #expect(candidates(nil, [:]) == ["/run/hark/hark.sock"])
    #expect(candidates(nil, ["XDG_RUNTIME_DIR": "relative"]) == ["/run/hark/hark.sock"])
  }
}

@Suite struct ServerSentEventTests {
  private static let stream = Array(
    "\u{feff}event: a\r\ndata:1\r\rdata: x\ndata\ndata:  y\n\n: comment\nid: 7\n\nretry: 5\ndata: é\n\ndata: cut"
      .utf8)
  private static let expected = [
    ServerSentEvent(name: "a", data: "1", id: nil),
    ServerSentEvent(name: "message", data: "x\n\n y", id: nil),
    ServerSentEvent(name: "message", data: "é", id: "7"),
  ]

  /// However the bytes are cut, the events are the same.
  @Test(arguments: [1, 2, 3, 5, 7, 1000])
  func everyCutGivesTheSame(_ size: Int) {
    var parser = ServerSentEventParser()
    var events: [ServerSentEvent] = []
    for start in stride(from: 0, to: Self.stream.count, by: size) {
      events += parser.feed(Self.stream[start..<min(start + size, Self.stream.count)])
    }
    #expect(events == Self.expected)
  }
}
