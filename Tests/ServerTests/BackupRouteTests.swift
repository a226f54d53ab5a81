import Core
import Library
import Testing

@testable import Server

@Suite struct BackupRouteTests {
  /// The length is stated, so that whoever gets less knows that the end is missing.
  @Test func anArchiveComesWithItsLength() async throws {
    try await RunningServer.run { server in
      let length = LibraryBackup(files: FakeLibrary.backedUp, made: 0).byteCount
      let answer = try await server.get("/v1/backup")
      #expect(answer.status == 200)
      #expect(answer.headers["content-type"] == "application/x-tar")
      #expect(answer.headers["content-length"] == "\(length)")
      #expect(answer.body.hasPrefix("catalogue.sqlite"))
      #expect(answer.body.contains("hark-backup 1 \(HarkVersion.current)\n"))
      #expect(length % 512 == 0)
      #expect(try await server.get("/v1/backup?x=1").status == 400)
    }
  }

  @Test func whatStandsInTheWayIsSaid() async throws {
    try await RunningServer.run { server in
      server.library.with { $0.error = HarkError(.noSpace, "no space is left") }
      let answer = try await server.get("/v1/backup")
      #expect(answer.status == 507)
      #expect(try answer.problem().code == "noSpace")
    }
  }
}
