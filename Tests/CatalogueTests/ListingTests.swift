import Core
import SystemPackage
import Testing

@testable import Catalogue

@Suite struct ListingTests {
  @Test func pagesFollowOneAnotherWithoutGapOrRepeat() async throws {
    let fixture = try CatalogueFixture()
    let paths = (0..<25).map { "/m/\($0)" }
    try await fixture.addAnalysed(paths)
    var listed: [FilePath] = []
    var after: FilePath?
    repeat {
      let page = try await fixture.catalogue.files(FileQuery(limit: 7, after: after))
      listed += page.elements.map(\.path)
      after = page.next
    } while after != nil
    #expect(
      listed == paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map { FilePath($0) })

    var recordings: [RecordingID] = []
    var position: RecordingKey?
    repeat {
      let page = try await fixture.catalogue.recordings(RecordingQuery(limit: 7, after: position))
      recordings += page.elements.map(\.id)
      position = page.next
    } while position != nil
    #expect(recordings == (1...25).map { fixture.analysis(UInt8($0)).recording })
  }

  @Test func aFolderIsNotItsNeighbourOfASimilarName() async throws {
    let fixture = try CatalogueFixture()
    try await fixture.addAnalysed(["/m/ab/1", "/m/a/2", "/m/a.b/3"])
    let page = try await fixture.catalogue.files(FileQuery(under: "/m/a"))
    #expect(page.elements.map(\.path) == ["/m/a/2"])
    let keys = try await fixture.catalogue.recordings(
      under: ["/m/a", "/m/ab"], minimumDuration: nil, maximumDuration: 1.5)
    #expect(keys.count == 1)
  }

  @Test func badLimitsAreRefused() async throws {
    let fixture = try CatalogueFixture()
    await #expect(throws: HarkError.self) {
      try await fixture.catalogue.files(FileQuery(limit: 0))
    }
    await #expect(throws: HarkError.self) {
      try await fixture.catalogue.recordings(RecordingQuery(limit: 10_001))
    }
  }
}
