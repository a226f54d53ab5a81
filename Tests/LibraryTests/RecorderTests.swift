import Catalogue
import Core
import Foundation
import SystemPackage
import TestSupport
import Testing
import VectorIndex

@testable import Library

@Suite struct RecorderTests {
  @Test func whatIsRecordedOutlivesTheProcess() async throws {
    let fixture = try await LibraryFixture()
    let analyses = (1...20).map { fixture.analysis(UInt64($0)) }
    try await fixture.add((1...20).map { "/m/\($0)" }, analyses)
    let index = try await IndexOpening(catalogue: fixture.catalogue).open(
      fixture.model, in: FilePath(fixture.directory.path))
    #expect(index.count == 20)
    for analysis in analyses {
      let key = try #require(try await fixture.catalogue.key(of: analysis.recording))
      #expect(try index.pooled(of: key) == analysis.embeddings[0].pooled)
      #expect(try index.segments(of: key) == analysis.embeddings[0].segments)
    }
  }

  @Test func listenersHearOfFilesOnceTheyCanBeFound() async throws {
    let fixture = try await LibraryFixture()
    var events = fixture.hub.events().makeAsyncIterator()
    try await fixture.add(["/m/1"], [fixture.analysis(1)])
    let event = try #require(await events.next())
    guard case .analysed(let path, _, let isNew) = event.kind else {
      Issue.record("heard \(event.kind)")
      return
    }
    #expect(path == "/m/1")
    #expect(isNew)
  }

  /// Eight recordings, of which six went and the others' disk is away.
  private func wasteful() async throws -> (LibraryFixture, kept: [Analysis]) {
    let fixture = try await LibraryFixture()
    let large = (1...8).map { fixture.analysis(UInt64($0), segments: 2_000) }
    try await fixture.add((1...8).map { "/m/\($0)" }, large)
    let hidden = try await fixture.catalogue.setOffline(true, below: "/m", now: 2)
    await fixture.visibility.refresh(hidden)
    let gone = try await fixture.catalogue.removeFiles(
      (1...6).map { FilePath("/m/\($0)") }, now: 3)
    await fixture.visibility.refresh(gone)
    _ = try await fixture.catalogue.purgeOrphans(before: 10)
    return (fixture, Array(large.suffix(2)))
  }

  @Test func wasteIsCompactedAndHiddenRecordingsSurviveIt() async throws {
    let (fixture, kept) = try await wasteful()
    // The later of two copies that were analysed at once comes to nothing.
    _ = try fixture.shelf.current.indexes[fixture.model]?.append(
      pooled: kept[0].embeddings[0].pooled, segments: kept[0].embeddings[0].segments)
    try await fixture.recorder.compactIfWasteful(fixture.model)
    let index = try #require(fixture.shelf.current.indexes[fixture.model])
    #expect(index.generation == 2)
    let back = try await fixture.catalogue.setOffline(false, below: "/m", now: 4)
    await fixture.visibility.refresh(back)
    #expect(index.count == 2)
    for analysis in kept {
      let key = try #require(try await fixture.catalogue.key(of: analysis.recording))
      #expect(try index.segments(of: key) == analysis.embeddings[0].segments)
    }
    #expect(try await fixture.catalogue.problems().isEmpty)
  }

  /// Nobody finds what is hidden, even while it is copied and after that failed.
  @Test func aFailedCompactionShowsNothing() async throws {
    let (fixture, kept) = try await wasteful()
    let index = try #require(fixture.shelf.current.indexes[fixture.model])
    let stored = try await fixture.catalogue.storedRows(of: fixture.model).rows
    #expect(stored.count == 2)
    let file = try FileHandle(
      forUpdating: fixture.directory("recordings-070707070707-1.hark"))
    try file.seek(toOffset: UInt64(4_096 + stored[1].pooled.first * 512))
    let byte = try #require(try file.read(upToCount: 1))[0]
    try file.seek(toOffset: UInt64(4_096 + stored[1].pooled.first * 512))
    try file.write(contentsOf: [byte ^ 4])
    await #expect(throws: HarkError.self) {
      try await fixture.recorder.compactIfWasteful(fixture.model)
    }
    #expect(index.generation == 1 && index.count == 0)
    #expect(try index.similar(to: kept[0].embeddings[0].pooled, k: 5).isEmpty)
  }

  /// What is shown and hidden while an index is opened anew is told to the one on the shelf: none may be
  /// opened meanwhile and put there afterwards.
  @Test func noIndexIsOpenedWhileRecordingsAreShownOrHidden() async throws {
    let fixture = try await LibraryFixture()
    try await fixture.add(["/m/1", "/m/2"], [fixture.analysis(1), fixture.analysis(2)])
    let (gate, opener) = AsyncStream<Void>.makeStream()
    let (beginnings, begun) = AsyncStream<Void>.makeStream()
    let telling = Task {
      await fixture.visibility.exclusively { () async throws(HarkError) in
        begun.yield()
        for await _ in gate { return }
      }
    }
    for await _ in beginnings { break }
    let old = try #require(fixture.shelf.current.indexes[fixture.model])
    let opening = Task { await fixture.recorder.reopenIndexes(failures: .debug) }
    try await Task.sleep(for: .milliseconds(300))
    #expect(fixture.shelf.current.indexes[fixture.model] === old)
    let gone = try await fixture.catalogue.removeFiles(["/m/1"], now: 3)
    for key in gone { old.remove(key: key) }
    opener.yield()
    try await telling.value.get()
    await opening.value
    let new = try #require(fixture.shelf.current.indexes[fixture.model])
    #expect(new !== old && new.count == 1)
  }

  /// What cannot be written for want of room is kept, not analysed again, and written once there is
  /// some.
  @Test(.enabled(if: SmallDisk.isAllowed, "needs the right to mount file systems"))
  func whatFindsNoRoomIsWrittenLater() async throws {
    let directory = try TemporaryDirectory()
    let disk = try SmallDisk(directory("state"), megabytes: 16)
    let fixture = try await LibraryFixture(state: directory("state"))
    try await fixture.add(["/m/0"], [fixture.analysis(1)])
    try await fixture.observe((1...8).map { "/m/\($0)" })
    let items = try await fixture.catalogue.nextWork(limit: 8, excluding: [], now: 2)
    try disk.fill(leaving: 0)
    let recording = Task {
      await withDiscardingTaskGroup { group in
        for (number, item) in items.enumerated() {
          let analysis = fixture.analysis(UInt64(number) + 2)
          group.addTask { await fixture.recorder.record(.analysed(item, analysis)) }
        }
      }
    }
    try await eventually("trouble is told") { !fixture.statistics.warnings.isEmpty }
    #expect(try await fixture.catalogue.counts().files[.analysed] == 1)
    disk.empty()
    // Nobody hands anything over a second time.
    await recording.value
    #expect(try await fixture.catalogue.counts().files[.analysed] == 9)
    #expect(fixture.statistics.warnings.isEmpty)
    #expect(try await fixture.catalogue.problems().isEmpty)
    withExtendedLifetime(disk) {}
  }

  /// A daemon that stops does not wait for room.
  @Test(.enabled(if: SmallDisk.isAllowed, "needs the right to mount file systems"))
  func whoStopsDoesNotWaitForRoom() async throws {
    let directory = try TemporaryDirectory()
    let disk = try SmallDisk(directory("state"), megabytes: 16)
    let fixture = try await LibraryFixture(state: directory("state"))
    try await fixture.observe(["/m/1"])
    let item = try #require(
      try await fixture.catalogue.nextWork(limit: 1, excluding: [], now: 2).first)
    try disk.fill(leaving: 0)
    let recording = Task { await fixture.recorder.record(.analysed(item, fixture.analysis(1))) }
    try await eventually("trouble is told") { !fixture.statistics.warnings.isEmpty }
    recording.cancel()
    await recording.value
    #expect(try await fixture.catalogue.counts().files[.analysed] ?? 0 == 0)
    withExtendedLifetime(disk) {}
  }
}
