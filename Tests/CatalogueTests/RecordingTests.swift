import Foundation
import Core
import GRDB
import SystemPackage
import Testing
import VectorIndex

@testable import Catalogue

@Suite struct RecordingTests {
  @Test func twoCopiesShareOneRecordingAndOneProduct() async throws {
    let fixture = try CatalogueFixture()
    _ = try await fixture.adoptModel()
    _ = try await fixture.catalogue.observe(
      [fixture.observed("/a", inode: 1), fixture.observed("/b", size: 5, inode: 2)],
      isLive: false, now: 1)
    let items = try await fixture.work()
    let change = try await fixture.catalogue.record(
      [
        .analysed(items[0], fixture.analysis(1), [fixture.product(first: 0)]),
        .analysed(items[1], fixture.analysis(1), [fixture.product(first: 1)]),
      ], now: 2)
    #expect(change.touched.count == 1)
    let stored = try await fixture.catalogue.storedRows(of: fixture.model)
    #expect(stored.rows.map(\.pooled.first) == [0])
    #expect(stored.rows.first?.pooled.checksum == 0xffff_fff0)
    #expect(stored.visible.count == 1)
    let entry = try #require(
      try await fixture.catalogue.recording(fixture.analysis(1).recording))
    #expect(entry.files.map(\.path) == ["/a", "/b"])
    #expect(entry.products.map(\.segments) == [3])
  }

  @Test func anOutcomeForAFileThatChangedMeanwhileIsStale() async throws {
    let fixture = try CatalogueFixture()
    _ = try await fixture.adoptModel()
    _ = try await fixture.catalogue.observe([fixture.observed("/a")], isLive: false, now: 1)
    let item = try #require(try await fixture.work().first)
    _ = try await fixture.catalogue.observe(
      [fixture.observed("/a", modified: 2)], isLive: true, now: 2)
    let change = try await fixture.catalogue.record(
      [.analysed(item, fixture.analysis(1), [fixture.product(first: 0)])], now: 3)
    guard case .stale = change.outcomes[0].kind else {
      Issue.record("counted: \(change.outcomes[0].kind)")
      return
    }
    #expect(try await fixture.work().count == 1)
    #expect(try await fixture.catalogue.counts().recordings == 0)
  }

  @Test func aFileThatWasRenamedBeforeItWasOpenedHasNotVanished() async throws {
    let fixture = try CatalogueFixture()
    _ = try await fixture.catalogue.observe([fixture.observed("/d/a")], isLive: false, now: 1)
    let item = try #require(try await fixture.work().first)
    _ = try await fixture.catalogue.moveDirectory(from: "/d", to: "/e", now: 2)
    let gone = AnalysisFailure(.vanished, "the file went away")
    let change = try await fixture.catalogue.record([.failed(item, gone, decoder: "d")], now: 3)
    guard case .stale = change.outcomes[0].kind else {
      Issue.record("counted: \(change.outcomes[0].kind)")
      return
    }
    #expect(try await fixture.work(now: 3).map(\.path) == ["/e/a"])
    // Where it is looked for by its own name, it has.
    let moved = try #require(try await fixture.work(now: 3).first)
    _ = try await fixture.catalogue.record([.failed(moved, gone, decoder: "d")], now: 3)
    #expect(try await fixture.work(now: 4).isEmpty)
  }

  @Test func failuresWaitForAChangeOrForAPause() async throws {
    let fixture = try CatalogueFixture()
    _ = try await fixture.catalogue.observe(
      [fixture.observed("/a", inode: 1), fixture.observed("/b", size: 5, inode: 2)],
      isLive: false, now: 1)
    let items = try await fixture.work()
    _ = try await fixture.catalogue.record(
      [
        .failed(items[0], AnalysisFailure(.corrupt, "bad"), decoder: "old"),
        .failed(items[1], AnalysisFailure(.readError, "EIO"), decoder: "old"),
      ], now: 100)
    #expect(try await fixture.work(now: 104).isEmpty)
    #expect(try await fixture.catalogue.nextRetry(now: 101) == 4)
    #expect(try await fixture.work(now: 106).map(\.path) == ["/b"])
    let failed = try await fixture.catalogue.files(FileQuery(states: [.failed])).elements
    #expect(failed.map(\.failure?.code) == [.corrupt, .readError])
    #expect(try await fixture.catalogue.retryFailures(ofOtherDecodersThan: "old") == 0)
    #expect(try await fixture.catalogue.retryFailures(ofOtherDecodersThan: "new") == 2)
    #expect(try await fixture.work(now: 104).count == 2)
  }

  @Test func pausesGrowAndEnd() {
    #expect((1...4).map { Catalogue.pause(afterFailures: $0) } == [5, 10, 20, 40])
    #expect(Catalogue.pause(afterFailures: 1_000) == 3_600)
  }

  @Test func whatIsNotAudioIsSkippedQuietly() async throws {
    let fixture = try CatalogueFixture()
    _ = try await fixture.catalogue.observe([fixture.observed("/a.bin")], isLive: false, now: 1)
    let item = try #require(try await fixture.work().first)
    _ = try await fixture.catalogue.record(
      [.failed(item, AnalysisFailure(.notAudio, "text"), decoder: "d")], now: 1)
    #expect(try await fixture.catalogue.files(FileQuery()).elements.isEmpty)
    #expect(try await fixture.catalogue.counts().files[.skipped] == 1)
  }

  @Test func commitsOutliveAPowerCut() throws {
    let fixture = try CatalogueFixture()
    let synchronous = try fixture.catalogue.database.writeWithoutTransaction {
      try Int.fetchOne($0, sql: "PRAGMA synchronous")
    }
    #expect(synchronous == 2)
  }

  @Test func aCatalogueOfANewerVersionIsRefused() throws {
    let fixture = try CatalogueFixture()
    try fixture.catalogue.database.write {
      try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('999')")
    }
    let path = FilePath(fixture.directory("catalogue.sqlite").path)
    #expect {
      try Catalogue(path: path)
    } throws: {
      ($0 as? HarkError)?.code == .newerVersion
    }
  }

  @Test func aFileThatIsNoCatalogueIsRefused() throws {
    let fixture = try CatalogueFixture()
    let url = fixture.directory("other.sqlite")
    try Data("this is no database, whatever its name says".utf8).write(to: url)
    #expect {
      try Catalogue(path: FilePath(url.path))
    } throws: {
      ($0 as? HarkError)?.code == .corrupt
    }
  }

  @Test func checkingFindsWhatDoesNotFit() async throws {
    let fixture = try CatalogueFixture()
    try await fixture.addAnalysed(["/m/a"])
    #expect(try await fixture.catalogue.problems().isEmpty)
    try await fixture.catalogue.database.write {
      try $0.execute(sql: "UPDATE recording SET orphaned = 3")
    }
    #expect(try await fixture.catalogue.problems().count == 1)
  }
}
