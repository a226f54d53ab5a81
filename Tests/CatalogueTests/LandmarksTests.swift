import Core
import GRDB
import SystemPackage
import TestSupport
import Testing

@testable import Catalogue

@Suite struct LandmarksTests {
  private func range(_ offset: Int, generation: Int = 1) -> LandmarkRange {
    LandmarkRange(generation: generation, offset: offset, length: 7, checksum: 0xffff_ff00)
  }

  @Test func whatAnOlderVersionAnalysedWaitsForItsLandmarks() async throws {
    let fixture = try CatalogueFixture()
    let catalogue = fixture.catalogue
    try await fixture.addAnalysed(["/m/a", "/m/b", "/away/c"])
    _ = try await catalogue.setOffline(true, below: "/away", now: 3)
    let missing = try await catalogue.missingProducts(
      of: .landmarks(version: 1), limit: 10, excluding: [])
    #expect(missing.map(\.path) == ["/m/a", "/m/b"])
    let change = try await catalogue.record(
      [.completed(missing[1], fixture.analysis(1), [.landmarks(version: 1, range(40))])], now: 4)
    #expect(change.touched == [missing[1].recording])
    let rest = try await catalogue.missingProducts(
      of: .landmarks(version: 1), limit: 10, excluding: [])
    #expect(rest.map(\.path) == ["/m/a"])
    // Another version's are others.
    let other = try await catalogue.missingProducts(
      of: .landmarks(version: 2), limit: 10, excluding: [])
    #expect(other.count == 2)
    let stored = try await catalogue.storedLandmarks(version: 1)
    #expect(stored.generation == 1)
    #expect(stored.ranges == [missing[1].recording: range(40)])
    #expect(try await catalogue.storedLandmarks(version: 2).ranges.isEmpty)
    let visibility = try await catalogue.visibility(of: [missing[1].recording])
    #expect(visibility.map(\.landmarks) == [[1: range(40)]])
  }

  @Test func theFirstLandmarksOfARecordingStay() async throws {
    let fixture = try CatalogueFixture()
    try await fixture.addAnalysed(["/m/a"])
    let missing = try await fixture.catalogue.missingProducts(
      of: .landmarks(version: 1), limit: 10, excluding: [])
    for offset in [10, 20] {
      let change = try await fixture.catalogue.record(
        [
          .completed(
            missing[0], fixture.analysis(0), [.landmarks(version: 1, range(offset))])
        ], now: 4)
      #expect(
        change.outcomes.map(\.landmarksOf) == [offset == 10 ? missing[0].recording : nil])
    }
    let stored = try await fixture.catalogue.storedLandmarks(version: 1)
    #expect(stored.ranges == [missing[0].recording: range(10)])
  }

  @Test func aCompactedGenerationReplacesTheOld() async throws {
    let fixture = try CatalogueFixture()
    let catalogue = fixture.catalogue
    try await fixture.addAnalysed(["/m/a"])
    let missing = try await catalogue.missingProducts(
      of: .landmarks(version: 1), limit: 10, excluding: [])
    let key = missing[0].recording
    _ = try await catalogue.record(
      [.completed(missing[0], fixture.analysis(0), [.landmarks(version: 1, range(10))])], now: 4)
    #expect(try await catalogue.problems().isEmpty)
    try await catalogue.adoptLandmarkGeneration(
      2, version: 1, ranges: [key: range(0, generation: 2)])
    let stored = try await catalogue.storedLandmarks(version: 1)
    #expect(stored.generation == 2)
    #expect(stored.ranges == [key: range(0, generation: 2)])
    #expect(try await catalogue.problems().isEmpty)
    try await catalogue.adoptLandmarkGeneration(3, version: 1, ranges: [:])
    #expect(try await catalogue.problems().count == 1)
  }

  @Test func landmarksGoWithTheirRecording() async throws {
    let fixture = try CatalogueFixture()
    try await fixture.addAnalysed(["/m/a"])
    let missing = try await fixture.catalogue.missingProducts(
      of: .landmarks(version: 1), limit: 10, excluding: [])
    _ = try await fixture.catalogue.record(
      [.completed(missing[0], fixture.analysis(0), [.landmarks(version: 1, range(10))])], now: 4)
    _ = try await fixture.catalogue.forget("/m/a", now: 5)
    #expect(try await fixture.catalogue.storedLandmarks(version: 1).ranges.isEmpty)
  }

  @Test func aCatalogueOfTheVersionBeforeIsMigrated() async throws {
    let directory = try TemporaryDirectory()
    let path = directory("catalogue.sqlite").path
    let queue = try DatabaseQueue(path: path)
    try Schema.migrator.migrate(queue, upTo: "1")
    try queue.close()
    let catalogue = try Catalogue(path: FilePath(path))
    #expect(try await catalogue.storedLandmarks(version: 1).ranges.isEmpty)
    #expect(try await catalogue.problems().isEmpty)
  }
}
