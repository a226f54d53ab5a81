import API
import Core
import Testing

@testable import Server

@Suite struct DuplicateRouteTests {
  @Test func groupsComeInPages() async throws {
    try await RunningServer.run { server in
      let whole = try await server.get("/v1/duplicates").decode(Wire.DuplicateAnswer.self)
      #expect(whole.groups.count == 3 && whole.total == 3 && whole.cursor == nil)
      #expect(whole.isComplete && server.library.with { $0.waits } == [nil])
      var target = "/v1/duplicates?limit=2"
      var groups: [Wire.DuplicateGroup] = []
      var pages = 0
      while true {
        let page = try await server.get(target).decode(Wire.DuplicateAnswer.self)
        groups += page.groups
        pages += 1
        guard let cursor = page.cursor else { break }
        target = "/v1/duplicates?limit=2&cursor=\(cursor)"
      }
      #expect(pages == 2 && groups == whole.groups)
    }
  }

  @Test func theBestFileStandsForItself() async throws {
    try await RunningServer.run { server in
      let answer = try await server.get("/v1/duplicates").decode(Wire.DuplicateAnswer.self)
      let files = try #require(answer.groups.first?.files)
      #expect(files.map(\.best) == [true, false])
      #expect(files[0].relation == nil && files[0].offset == nil && files[0].differs.isEmpty)
      #expect(files[1].relation == .trimmed && files[1].offset == -0.5 && files[1].speed == 1)
      #expect(files[1].differs == [.length, .bitRate])
      #expect(files[1].intervals?.map(\.from) == [0.25])
    }
  }

  @Test func aComparisonUnderWayIsNotWaitedFor() async throws {
    try await RunningServer.run { server in
      server.library.with { $0.isComparing = true }
      let answer = try await server.get("/v1/duplicates?wait=0.5")
        .decode(Wire.DuplicateAnswer.self)
      #expect(!answer.isComplete && answer.compared == 4 && answer.recordings == 9)
      #expect(answer.groups.isEmpty && answer.cursor == nil)
      #expect(server.library.with { $0.waits } == [0.5])
    }
  }

  @Test func anyNumberOfSecondsMayBeWaited() async throws {
    try await RunningServer.run { server in
      _ = try await server.get("/v1/duplicates?wait=1e300").decode(Wire.DuplicateAnswer.self)
      #expect(server.library.with { $0.waits } == [1e300])
    }
  }

  @Test(arguments: [
    "wait=-1", "wait=soon", "limit=0", "cursor=%21", "cursor=bm8", "under=/music",
  ]) func aBadQuestionIsRefused(query: String) async throws {
    try await RunningServer.run { server in
      let problem = try await server.get("/v1/duplicates?\(query)").problem()
      #expect(problem.status == 400, "\(problem)")
      #expect(server.library.with { $0.waits.isEmpty })
    }
  }
}
