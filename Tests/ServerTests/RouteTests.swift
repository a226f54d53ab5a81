import API
import Core
import Foundation
import SystemPackage
import Testing

@testable import Server

@Suite struct RouteTests {
  @Test func statusTellsHowTheLibraryStands() async throws {
    try await RunningServer.run { server in
      let answer = try await server.get("/v1/status")
      #expect(answer.status == 200)
      #expect(answer.headers["content-type"] == "application/json")
      #expect(answer.headers["date"]?.hasSuffix(" GMT") == true)
      let status = try answer.decode(Wire.Status.self)
      #expect(status.files.known == 4 && status.recordings == 3 && status.idle)
      #expect(status.roots[1].filePath == FakeLibrary.odd)
      #expect(status.models.first?.role == "active")
    }
  }

  @Test func filesComeInPages() async throws {
    try await RunningServer.run { server in
      var paths: [FilePath?] = []
      var target = "/v1/files?limit=2"
      for _ in 0..<2 {
        let page = try await server.get(target).decode(Wire.Files.self)
        paths += page.files.map(\.filePath)
        guard let cursor = page.cursor else { break }
        target = "/v1/files?limit=2&cursor=\(cursor)"
      }
      let expected = server.library.with { state in
        state.files.map(\.path).sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }
      }
      #expect(paths == expected)
      let failed = try await server.get("/v1/files?state=failed&under=/music")
        .decode(Wire.Files.self)
      #expect(failed.files.map(\.path) == ["/music/x.mp3"])
      #expect(failed.files[0].failure?.retry == "afterPause")
      #expect(failed.files[0].failure?.retryAt == 1_700_000_100)
      #expect(failed.cursor == nil)
    }
  }

  @Test func aFileIsFoundByItsBytesHoweverTheyAreWritten() async throws {
    try await RunningServer.run { server in
      let base64 = PathText.base64(FakeLibrary.odd)
        .replacingOccurrences(of: "+", with: "%2B")
      for query in ["path=/music/caf%E9", "path_base64=\(base64)"] {
        let answer = try await server.get("/v1/files?\(query)").decode(Wire.Files.self)
        #expect(answer.files.first?.path == #"/music/caf\xe9"#)
        #expect(answer.files.first?.filePath == FakeLibrary.odd)
      }
      #expect(try await server.get("/v1/files?path=/nowhere").problem().status == 404)
    }
  }

  @Test func recordingsComeInPagesAndAlone() async throws {
    try await RunningServer.run { server in
      let first = try await server.get("/v1/recordings?limit=2").decode(Wire.Recordings.self)
      #expect(first.recordings.map(\.id) == [0, 1].map { FakeLibrary.id($0).description })
      let cursor = try #require(first.cursor)
      let second = try await server.get("/v1/recordings?limit=2&cursor=\(cursor)")
        .decode(Wire.Recordings.self)
      #expect(second.recordings.count == 1 && second.cursor == nil)
      let one = try await server.get("/v1/recordings/\(FakeLibrary.id(1))")
        .decode(Wire.Recording.self)
      #expect(one.sampleRate == 44_100 && one.files.count == 1 && one.products[0].segments == 3)
      #expect(try await server.get("/v1/recordings/\(FakeLibrary.id(77))").problem().status == 404)
      #expect(try await server.get("/v1/recordings/7").problem().status == 400)
    }
  }

  @Test func rescanAndForgetReachTheLibrary() async throws {
    try await RunningServer.run { server in
      #expect(try await server.ask("POST", "/v1/rescan").status == 202)
      let below = try await server.post("/v1/rescan", #"{"under": "/music/./jazz"}"#)
      #expect(below.body == #"{"under":"/music/jazz"}"#)
      #expect(server.library.with { $0.rescans } == [nil, "/music/jazz"])
      #expect(try await server.post("/v1/rescan", #"{"under": "/else"}"#).status == 404)
      #expect(server.library.with { $0.adopted }.isEmpty)
      let adopted = try await server.post("/v1/rescan", #"{"under": "/music/a", "adopt": true}"#)
      #expect(adopted.body == #"{"adopt":true,"under":"/music/a"}"#)
      #expect(server.library.with { $0.adopted } == ["/music/a"])
      // Every disk that is away would be taken for gone.
      let all = try await server.post("/v1/rescan", #"{"adopt": true}"#).problem()
      #expect(all.status == 400 && all.detail.contains("under"))
      let base64 = PathText.base64(FakeLibrary.odd)
      let gone = try await server.post("/v1/forget", #"{"path_base64": "\#(base64)"}"#)
      #expect(gone.status == 200)
      #expect(server.library.with { $0.forgotten } == [FakeLibrary.odd])
      #expect(try await server.post("/v1/forget", #"{"path": "/no"}"#).status == 404)
      #expect(try await server.post("/v1/forget", "{}").problem().detail.contains("path"))
      #expect(try await server.post("/v1/forget", "x", type: "text/plain").status == 415)
    }
  }

  @Test func headAnswersWithoutABody() async throws {
    try await RunningServer.run { server in
      let head = try await server.ask("HEAD", "/v1/status")
      #expect(head.status == 200 && head.body.isEmpty)
      #expect(try await server.ask("HEAD", "/v1/events").status == 200)
    }
  }

  /// Or the next answer on the connection would begin with it.
  @Test(arguments: [
    ("/v1/recordings/\(FakeLibrary.id(77))", 404), ("/v1/nothing", 404), ("/v1/files?limit=0", 400),
    ("/v1/similar", 405),
  ]) func aProblemForHeadHasNoBody(target: String, status: Int) async throws {
    try await RunningServer.run { server in
      let connection = try server.connect()
      try await connection.send(
        "HEAD \(target) HTTP/1.1\r\nHost: hark\r\n\r\n"
          + "GET /v1/status HTTP/1.1\r\nHost: hark\r\nConnection: close\r\n\r\n")
      let first = try RunningServer.Answer(try await connection.read())
      #expect(first.status == status)
      #expect(first.headers["content-type"] == "application/problem+json")
      #expect(try #require(first.headers["content-length"].flatMap { Int($0) }) > 0)
      let second = try RunningServer.Answer(first.body)
      #expect(second.status == 200)
      #expect(try second.decode(Wire.Status.self).version == HarkVersion.current)
    }
  }

  @Test(arguments: [
    ("/v1/nothing", 404), ("/", 404), ("/v1/status?limit=1", 400), ("/v1/files?limit=0", 400),
    ("/v1/files?limit=10001", 400), ("/v1/files?limit=x", 400), ("/v1/files?limit=1&limit=2", 400),
    ("/v1/files?state=lost", 400), ("/v1/files?under=music", 400), ("/v1/files?under=%zz", 400),
    ("/v1/files?cursor=%25", 400), ("/v1/files?under=/a%00b", 400),
    ("/v1/files?path=/a&limit=1", 400), ("/v1/files?path=/a&path_base64=L2E%3D", 400),
    ("/v1/recordings?cursor=LzE", 400),
  ]) func badTargetsAreAnsweredWithProblems(target: String, status: Int) async throws {
    try await RunningServer.run { server in
      let problem = try await server.get(target).problem()
      #expect(problem.status == status)
      #expect(!problem.detail.isEmpty && problem.type.hasPrefix("urn:hark:problem:"))
    }
  }

  @Test func aWrongMethodIsToldTheRightOnes() async throws {
    try await RunningServer.run { server in
      for method in ["POST", "DELETE", "PUT", "OPTIONS", "TRACE", "QUERY", "PROPFIND"] {
        let answer = try await server.ask(method, "/v1/status")
        #expect(answer.status == 405 && answer.headers["allow"] == "GET, HEAD")
      }
      let answer = try await server.get("/v1/similar")
      #expect(answer.status == 405 && answer.headers["allow"] == "POST")
    }
  }

  @Test func pagesOfOtherOriginsAreRefused() async throws {
    try await RunningServer.run { server in
      let foreign = try await server.ask("GET", "/v1/status", headers: ["Origin: http://evil.test"])
      #expect(try foreign.problem().code == "permissionDenied")
      #expect(try await server.ask("GET", "/v1/status", headers: ["Origin: null"]).status == 403)
      #expect(
        try await server.ask("GET", "/v1/status", headers: ["Origin: http://hark"]).status == 200)
    }
  }

  private func expect(
    _ wanted: Int, _ server: RunningServer, _ host: String, _ more: String = ""
  ) async throws {
    let connection = try server.connect()
    try await connection.send(
      "GET /v1/status HTTP/1.1\r\nHost: \(host)\r\n\(more)Connection: close\r\n\r\n")
    let answer = try RunningServer.Answer(try await connection.read())
    #expect(answer.status == wanted, "\(host) \(more)")
  }

  @Test func whatIsMeantForAnotherHostIsRefused() async throws {
    try await RunningServer.run { server in
      for host in [
        "localhost", "LocalHost:8080", "hark", "127.0.0.1", "127.0.0.1:80", "[::1]", "[::1]:8080",
        "", "unix", "x:1", "my_socket",
      ] {
        try await expect(200, server, host)
      }
      for host in [
        "evil.test", "evil.test:80", "localhost.evil.test", "evil.", "127.0.0.2", "[::2]", "::1",
        "localhost:80:80", "hark:evil.test", "localhost, evil.test", "localhost evil.test",
      ] {
        try await expect(403, server, host)
      }
      try await expect(400, server, "localhost", "Host: evil.test\r\n")
      // Pages embed without an Origin.
      try await expect(403, server, "localhost", "Sec-Fetch-Site: cross-site\r\n")
      try await expect(200, server, "localhost", "Sec-Fetch-Site: same-origin\r\n")
      try await expect(200, server, "localhost", "Sec-Fetch-Site: none\r\n")
      try await expect(403, server, "localhost:80", "Origin: http://localhost\r\n")
    }
  }

  /// A proxy is asked with the whole URL: its host is one, too, whatever `Host` says.
  @Test func theTargetsHostIsAHost() async throws {
    try await RunningServer.run { server in
      for (target, host, wanted) in [
        ("http://localhost/v1/status", "localhost", 200),
        ("HTTP://LocalHost:80/v1/status", "localhost:80", 200),
        ("http://localhost/v1/status", "", 200), ("http://localhost/v1/status", nil, 200),
        ("http://evil.test/v1/status", nil, 403), ("http://evil.test/v1/status", "", 403),
        ("http://evil.test/v1/status", "evil.test", 403),
        ("http://evil.test/v1/status", "localhost", 400),
        ("http://localhost/v1/status", "evil.test", 400),
        ("http://localhost@evil.test/v1/status", nil, 403),
        ("http://evil.test@localhost/v1/status", nil, 403),
        ("http://evil.test?/v1/status", nil, 403),
        ("https://evil.test/v1/status", "localhost", 400),
      ] as [(String, String?, Int)] {
        let connection = try server.connect()
        let field = host.map { "Host: \($0)\r\n" } ?? ""
        try await connection.send("GET \(target) HTTP/1.1\r\n\(field)Connection: close\r\n\r\n")
        let answer = try RunningServer.Answer(try await connection.read())
        #expect(answer.status == wanted, "\(target) \(field)")
      }
    }
  }

  @Test func routesSayWhoMayUseThem() async throws {
    let table = RouteTable(
      library: FakeLibrary(), configuration: ServerConfiguration(spoolDirectory: "/tmp"),
      metrics: RequestMetrics())
    let control = table.routes.filter { $0.access == .control }.map(\.name)
    #expect(control.sorted() == ["backup", "forget", "rescan"])
    // What is posted and reads is a question.
    let posted = table.routes.filter { $0.method == .post && $0.access == .reading }.map(\.name)
    #expect(posted.sorted() == ["identify", "similar", "tags"])
    let document = OpenAPIDocument.document(of: table.routes)
    guard case .object(let paths)? = document["paths"] else {
      Issue.record("no paths")
      return
    }
    for route in table.routes {
      let operation = paths[route.path]?[route.method.rawValue.lowercased()]
      #expect(operation?["x-hark-access"] == .string(route.access.rawValue), "\(route.name)")
    }
  }

  @Test func theLibrarysErrorsKeepTheirCodeAndRemedy() async throws {
    try await RunningServer.run { server in
      for code in HarkError.Code.allCases {
        server.library.with { $0.error = HarkError(code, "what", remedy: "do this") }
        let answer = try await server.get("/v1/status")
        let problem = try answer.problem()
        #expect(answer.status == code.httpStatus && problem.code == code.rawValue)
        #expect(problem.remedy == "do this")
        #expect((answer.headers["retry-after"] != nil) == (code == .unavailable))
      }
    }
  }
}
