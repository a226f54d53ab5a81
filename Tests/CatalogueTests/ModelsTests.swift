import Core
import SystemPackage
import Testing
import VectorIndex

@testable import Catalogue

@Suite struct ModelsTests {
  private let second = ModelID(ContentHash(bytes: [UInt8](repeating: 8, count: 32))!)

  @Test func aNewModelWaitsUntilEveryOnlineRecordingHasItsProduct() async throws {
    let fixture = try CatalogueFixture()
    try await fixture.addAnalysed(["/m/a", "/m/b", "/away/c"])
    _ = try await fixture.catalogue.setOffline(true, below: "/away", now: 3)
    #expect(try await fixture.adoptModel(second) == .incoming)
    let missing = try await fixture.catalogue.missingProducts(
      of: .embeddings(second), limit: 10, excluding: [])
    #expect(missing.map(\.path) == ["/m/a", "/m/b"])
    _ = try await fixture.catalogue.record(
      [.completed(missing[0], fixture.analysis(0), [fixture.product(first: 0, model: second)])],
      now: 4)
    #expect(try await fixture.catalogue.activateIncoming(failed: []) == nil)
    _ = try await fixture.catalogue.record(
      [.completed(missing[1], fixture.analysis(1), [fixture.product(first: 1, model: second)])],
      now: 4)
    #expect(try await fixture.catalogue.activateIncoming(failed: []) == second)
    let roles = try await fixture.catalogue.models().map(\.role)
    #expect(roles == [.kept, .active])
    #expect(try await fixture.adoptModel() == .active)
  }

  /// A file that fails for the moment does not hold the switch back, and one recording that is given up
  /// does not stand for another one that is missing.
  @Test func onlyWhatIsGivenUpIsLeftOut() async throws {
    let fixture = try CatalogueFixture()
    try await fixture.addAnalysed(["/m/a", "/m/b"])
    #expect(try await fixture.adoptModel(second) == .incoming)
    let missing = try await fixture.catalogue.missingProducts(
      of: .embeddings(second), limit: 10, excluding: [])
    let gone = RecordingKey(1_000)
    #expect(try await fixture.catalogue.activateIncoming(failed: [gone]) == nil)
    #expect(
      try await fixture.catalogue.activateIncoming(failed: [gone, missing[0].recording]) == nil)
    // Edited, and not readable now: it keeps its recording, and waits.
    _ = try await fixture.catalogue.observe(
      [fixture.observed("/m/b", size: 5, inode: 11)], isLive: true, now: 3)
    #expect(
      try await fixture.catalogue.activateIncoming(failed: [missing[0].recording]) == nil)
    let item = try #require(try await fixture.work(now: 3).first)
    _ = try await fixture.catalogue.record(
      [.failed(item, AnalysisFailure(.permissionDenied, "no"), decoder: "d")], now: 4)
    #expect(
      try await fixture.catalogue.activateIncoming(failed: [missing[0].recording]) == second)
  }

  @Test func goingBackBeforeTheSwitchDropsTheIncomingModel() async throws {
    let fixture = try CatalogueFixture()
    try await fixture.addAnalysed(["/m/a"])
    #expect(try await fixture.adoptModel(second) == .incoming)
    #expect(try await fixture.adoptModel() == .active)
    #expect(try await fixture.catalogue.models().map(\.role) == [.active, .kept])
  }

  @Test func aCompactedGenerationIsAdoptedWhole() async throws {
    let fixture = try CatalogueFixture()
    try await fixture.addAnalysed(["/m/a", "/m/b"])
    let rows = try await fixture.catalogue.storedRows(of: fixture.model).rows.map { row in
      StoredRows(
        key: row.key,
        pooled: RowRange(
          generation: 2, first: row.pooled.first + 10, count: 1, checksum: 1),
        segments: RowRange(
          generation: 2, first: row.segments.first + 10, count: 3, checksum: 2))
    }
    try await fixture.catalogue.adoptGeneration(2, of: fixture.model, rows: rows)
    #expect(try await fixture.catalogue.storedRows(of: fixture.model).rows == rows)
    #expect(try await fixture.catalogue.models().map(\.generation) == [2])
    #expect(try await fixture.catalogue.problems().isEmpty)
  }
}
