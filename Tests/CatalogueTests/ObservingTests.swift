import Core
import SystemPackage
import Testing

@testable import Catalogue

@Suite struct ObservingTests {
  @Test func newFilesWaitAndUnchangedOnesDoNot() async throws {
    let fixture = try CatalogueFixture()
    let file = fixture.observed("/music/a.flac")
    #expect(try await fixture.catalogue.observe([file], isLive: false, now: 1).pending == 1)
    #expect(try await fixture.catalogue.observe([file], isLive: false, now: 2).pending == 0)
    #expect(try await fixture.work().map(\.path) == ["/music/a.flac"])
  }

  @Test func filesThatSomebodyJustChangedGoFirst() async throws {
    let fixture = try CatalogueFixture()
    _ = try await fixture.catalogue.observe(
      [fixture.observed("/a", inode: 1), fixture.observed("/b", size: 3, inode: 2)],
      isLive: false, now: 1)
    _ = try await fixture.catalogue.observe(
      [fixture.observed("/c", size: 4, inode: 3)], isLive: true, now: 1)
    #expect(try await fixture.work().map(\.path) == ["/c", "/a", "/b"])
  }

  @Test func aChangedFileKeepsItsRecordingUntilTheNewOneIsKnown() async throws {
    let fixture = try CatalogueFixture()
    try await fixture.addAnalysed(["/music/a"])
    let change = try await fixture.catalogue.observe(
      [fixture.observed("/music/a", size: 5, modified: 9, inode: 10)], isLive: true, now: 3)
    #expect(change.pending == 1)
    let item = try #require(try await fixture.work().first)
    #expect(item.isPerhapsKnown)
    let entry = try #require(try await fixture.catalogue.file(at: "/music/a"))
    #expect(entry.state == .pending)
    #expect(entry.recording == fixture.analysis(1).recording)
    let recorded = try await fixture.catalogue.record(
      [.analysed(item, fixture.analysis(9), [fixture.product(first: 4)])], now: 4)
    #expect(recorded.touched.count == 2)
    #expect(
      try await fixture.catalogue.file(at: "/music/a")?.recording == fixture.analysis(9).recording)
    let visibility = try await fixture.catalogue.visibility(of: recorded.touched)
    #expect(visibility.filter(\.isVisible).count == 1)
    #expect(try await fixture.catalogue.problems().isEmpty)
  }

  /// ext4 gives a removed file's inode to the next one, and loops of one archive agree in size and time.
  @Test func aNewFileWithAnOldFilesInodeIsAnalysed() async throws {
    let fixture = try CatalogueFixture()
    let second = 1_000_000_000
    let old = fixture.observed("/music/a", modified: Int64(5 * second), inode: 10)
    _ = try await fixture.catalogue.observe([old], isLive: false, now: 1)
    let item = try #require(try await fixture.work().first)
    _ = try await fixture.catalogue.record(
      [.analysed(item, fixture.analysis(1), [fixture.product(first: 0)])], now: 2)
    let change = try await fixture.catalogue.observe(
      [fixture.observed("/music/b", modified: Int64(5 * second), inode: 10)], isLive: false, now: 3)
    #expect(change.linked.isEmpty)
    #expect(change.pending == 1)
    #expect(try await fixture.work().first?.isPerhapsKnown == true)
  }

  @Test func aRenameWhileNobodyWatchedNeedsNoAnalysis() async throws {
    let fixture = try CatalogueFixture()
    try await fixture.addAnalysed(["/music/a", "/music/b"])
    let change = try await fixture.catalogue.observe(
      [fixture.observed("/music/renamed", size: 1_000, inode: 10)], isLive: false, now: 3)
    #expect(change.pending == 0)
    #expect(change.linked.map(\.path) == ["/music/renamed"])
    let unseen = try await fixture.catalogue.removeUnseen(
      below: "/music", seen: ["/music/renamed", "/music/b"], kept: [], now: 4)
    #expect(unseen.removed == ["/music/a"])
    #expect(try await fixture.catalogue.visibility(of: unseen.touched).allSatisfy(\.isVisible))
    #expect(try await fixture.work().isEmpty)
  }

  @Test func aFileOfAKnownSizeIsPerhapsKnown() async throws {
    let fixture = try CatalogueFixture()
    try await fixture.addAnalysed(["/music/a"])
    _ = try await fixture.catalogue.observe(
      [
        fixture.observed("/music/copy", size: 1_000, modified: 77, inode: 50),
        fixture.observed("/music/other", size: 1_001, modified: 77, inode: 51),
      ], isLive: false, now: 3)
    #expect(try await fixture.work().map(\.isPerhapsKnown) == [true, false])
  }

  @Test func namesThatAreNotTextAreKept() async throws {
    let fixture = try CatalogueFixture()
    let name = FilePath(bytes: Array("/music/".utf8) + [0xff, 0x0a, 0xc3])
    var file = fixture.observed("/x")
    file.path = name
    _ = try await fixture.catalogue.observe([file], isLive: false, now: 1)
    #expect(try await fixture.work().first?.path == name)
    #expect(try await fixture.catalogue.file(at: name)?.path == name)
    #expect(name.escaped == "/music/\\xff\\n\\xc3")
  }

  @Test func filesWithoutPermissionAreTriedAgainWhenItChanges() async throws {
    let fixture = try CatalogueFixture()
    let file = fixture.observed("/music/a")
    _ = try await fixture.catalogue.observe([file], isLive: false, now: 1)
    let item = try #require(try await fixture.work().first)
    _ = try await fixture.catalogue.record(
      [.failed(item, AnalysisFailure(.permissionDenied, "no"), decoder: "d")], now: 1)
    #expect(try await fixture.work(now: 2).isEmpty)
    try await fixture.catalogue.permissionsChanged(file, now: 2)
    #expect(try await fixture.work(now: 2).count == 1)
  }
}
