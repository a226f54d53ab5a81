import Core
import SystemPackage
import Testing

@testable import Catalogue

@Suite struct MovingTests {
  @Test func aMoveKeepsTheRecordingAndReplacesWhatLayThere() async throws {
    let fixture = try CatalogueFixture()
    try await fixture.addAnalysed(["/m/a", "/m/b"])
    let change = try await fixture.catalogue.moveFile(
      from: "/m/a", to: fixture.observed("/m/b", size: 1_000, inode: 10), now: 5)
    #expect(change.pending == 0)
    #expect(try await fixture.catalogue.file(at: "/m/a") == nil)
    #expect(
      try await fixture.catalogue.file(at: "/m/b")?.recording == fixture.analysis(1).recording)
    #expect(try await fixture.catalogue.problems().isEmpty)
  }

  @Test func aFileThatChangedOnTheWayIsAnalysed() async throws {
    let fixture = try CatalogueFixture()
    try await fixture.addAnalysed(["/m/a"])
    let change = try await fixture.catalogue.moveFile(
      from: "/m/a", to: fixture.observed("/m/c", size: 7, inode: 10), now: 5)
    #expect(change.pending == 1)
  }

  @Test func aDirectoryMovesWithEverythingBelowItAndNothingElse() async throws {
    let fixture = try CatalogueFixture()
    try await fixture.addAnalysed(["/m/d/1", "/m/d/e/2", "/m/d0", "/m/dd/3"])
    _ = try await fixture.catalogue.moveDirectory(from: "/m/d", to: "/m/new", now: 5)
    let page = try await fixture.catalogue.files(FileQuery())
    #expect(page.elements.map(\.path) == ["/m/d0", "/m/dd/3", "/m/new/1", "/m/new/e/2"])
    #expect(page.elements.allSatisfy { $0.state == .analysed })
  }

  @Test func offlineFilesComeBackUntouched() async throws {
    let fixture = try CatalogueFixture()
    try await fixture.addAnalysed(["/m/usb/a", "/m/b"])
    let gone = try await fixture.catalogue.setOffline(true, below: "/m/usb", now: 5)
    #expect(gone.count == 1)
    #expect(try await fixture.catalogue.visibility(of: gone).map(\.isVisible) == [false])
    #expect(try await fixture.catalogue.file(at: "/m/usb/a")?.state == .offline)
    let unseen = try await fixture.catalogue.removeUnseen(
      below: "/m", seen: ["/m/b"], kept: ["/m/usb"], now: 6)
    #expect(unseen.removed.isEmpty)
    let back = try await fixture.catalogue.observe(
      [fixture.observed("/m/usb/a", size: 1_000, inode: 999)], isLive: false, now: 7)
    #expect(back.pending == 0)
    #expect(try await fixture.catalogue.visibility(of: back.touched).map(\.isVisible) == [true])
    #expect(try await fixture.catalogue.problems().isEmpty)
  }

  @Test func whatWasDeletedWhileItsDiskWasAwayIsForgottenWhenItIsBack() async throws {
    let fixture = try CatalogueFixture()
    try await fixture.addAnalysed(["/m/usb/a", "/m/usb/b"])
    _ = try await fixture.catalogue.setOffline(true, below: "/m/usb", now: 5)
    let unseen = try await fixture.catalogue.removeUnseen(
      below: "/m", seen: ["/m/usb/b"], kept: [], now: 6)
    #expect(unseen.removed == ["/m/usb/a"])
  }

  @Test func filesOutsideEveryWatchedFolderAreAway() async throws {
    let fixture = try CatalogueFixture()
    try await fixture.addAnalysed(["/m/a", "/old/b", "/mm/c"])
    let touched = try await fixture.catalogue.setOffline(outside: ["/m"], now: 5)
    #expect(touched.count == 2)
    let online = try await fixture.catalogue.files(FileQuery(states: [.analysed])).elements
    #expect(online.map(\.path) == ["/m/a"])
  }

  @Test func whatNobodyCouldLookAtIsNotForgotten() async throws {
    let fixture = try CatalogueFixture()
    try await fixture.addAnalysed(["/m/closed/a", "/m/b"])
    let unseen = try await fixture.catalogue.removeUnseen(
      below: "/m", seen: [], kept: ["/m/closed"], now: 6)
    #expect(unseen.removed == ["/m/b"])
  }

  @Test func aRecordingOutlivesItsLastFileForAWhile() async throws {
    let fixture = try CatalogueFixture()
    try await fixture.addAnalysed(["/m/a"])
    let gone = try await fixture.catalogue.removeFiles(["/m/a"], now: 10)
    #expect(gone.count == 1)
    #expect(try await fixture.catalogue.purgeOrphans(before: 10).isEmpty)
    #expect(try await fixture.catalogue.recording(fixture.analysis(1).recording) != nil)
    #expect(try await fixture.catalogue.problems().isEmpty)
    #expect(try await fixture.catalogue.purgeOrphans(before: 11) == gone)
    #expect(try await fixture.catalogue.recording(fixture.analysis(1).recording) == nil)
    #expect(try await fixture.catalogue.storedRows(of: fixture.model).rows.isEmpty)
  }
}
