import Core
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Watching

/// The system gives the watcher no more descriptors for a while, and files that never rest.
@Suite struct ShortageTests {
  private func watch(
    options: WatchingOptions = WatcherFixture.options, faults: WatchingFaults = WatchingFaults(),
    _ body: (WatcherFixture) async throws -> Void
  ) async throws {
    let directory = try TemporaryDirectory()
    let root = directory("root")
    try FileManager.default.createDirectory(
      at: root.appendingPathComponent("sub"), withIntermediateDirectories: true)
    try Data("audio".utf8).write(to: root.appendingPathComponent("sub/a.wav"))
    try await WatcherFixture.with(root, options: options, faults: faults) { fixture in
      _ = try #require(try await fixture.scanned())
      try await body(fixture)
    }
  }

  private func degraded(_ fixture: WatcherFixture) async throws -> String? {
    let root = FilePath(fixture.root.path)
    return try await fixture.wait { changes -> String? in
      for case .degraded(root, let reason) in changes { return reason }
      return nil
    }
  }

  @Test func withoutInotifyFoldersArePolledUntilThereIsOne() async throws {
    let isShort = Flag()
    isShort.raise()
    var faults = WatchingFaults()
    faults.inotify = { isShort.isRaised ? .tooManyOpenFiles : nil }
    try await watch(faults: faults) { fixture in
      let reason = try #require(try await degraded(fixture))
      #expect(reason.contains("sysctl fs.inotify.max_user_instances="), "\(reason)")
      try fixture.write("sub/b.wav")
      #expect(try await fixture.found("sub/b.wav") != nil, "seen by polling")
      #expect(fixture.watcher.statistics.watches == 0)
      _ = isShort.take()
      #expect(try await fixture.tells(.recovered(FilePath(fixture.root.path))))
      try fixture.write("sub/c.wav")
      #expect(try await fixture.found("sub/c.wav") != nil)
      #expect(fixture.watcher.statistics.watches == 2)
    }
  }

  /// Without descriptors nothing can be listed: what is known stays, and the folder is looked at again.
  @Test(arguments: [Errno.tooManyOpenFiles, .tooManyOpenFilesInSystem, .noMemory])
  func aShortageIsNoLoss(errno: Errno) async throws {
    let isShort = Flag()
    var faults = WatchingFaults()
    faults.list = { _ in isShort.isRaised ? errno : nil }
    try await watch(faults: faults) { fixture in
      let root = FilePath(fixture.root.path)
      await fixture.told.clear()
      isShort.raise()
      fixture.watcher.rescan()
      let reason = try #require(try await degraded(fixture))
      #expect(reason.contains(HarkError.remedy(forShortage: errno.rawValue) ?? "?"), "\(reason)")
      try fixture.write("sub/b.wav")
      let told = try #require(try await fixture.scanned())
      let isKept = told.contains {
        if case .directoryUnreadable(root, _) = $0 { true } else { false }
      }
      #expect(isKept, "\(told)")
      #expect(await fixture.told.changes.offlineReason(root) == nil)
      _ = isShort.take()
      #expect(try await fixture.tells(.recovered(root)))
      #expect(try await fixture.found("sub/b.wav") != nil)
    }
  }

  /// A root that cannot be opened for want of descriptors is not away: its files stay in answers.
  @Test func aRootIsNotOfflineForWantOfDescriptors() async throws {
    let isShort = Flag()
    isShort.raise()
    var faults = WatchingFaults()
    faults.list = { _ in isShort.isRaised ? .tooManyOpenFiles : nil }
    let directory = try TemporaryDirectory()
    let root = directory("root")
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    try Data("audio".utf8).write(to: root.appendingPathComponent("a.wav"))
    try await WatcherFixture.with(root, faults: faults) { fixture in
      let path = FilePath(root.path)
      let reason = try await fixture.wait { changes -> String? in
        for case .rootUnreadable(path, let reason) in changes { return reason }
        return nil
      }
      #expect(reason?.contains("LimitNOFILE=") == true, "\(reason ?? "nothing")")
      #expect(await fixture.told.changes.offlineReason(path) == nil)
      _ = isShort.take()
      #expect(try await fixture.found("a.wav") != nil)
    }
  }

  /// A file that grows for ever is named, keeps nobody waiting, and is told once it rests.
  @Test func aFileThatKeepsGrowingIsNamed() {
    let second: UInt64 = 1_000_000_000
    var pending = PendingFiles(WatchingOptions(settle: 1, openSettle: 10, patience: 60))
    func file(_ name: FilePath, _ size: UInt64) -> FileObservation {
      FileObservation(
        path: name, size: Int64(size), modified: Int64(size), device: 1, inode: 1, isReadable: true)
    }
    pending.add(file("/m/stream.wav", 0), isClosed: false, now: 0)
    for time in 1..<60 {
      let now = UInt64(time) * second
      #expect(pending.takeSettled(now: now) { file($0, UInt64(time)) }.isEmpty)
      #expect(pending.growing.isEmpty && pending.count == 1, "after \(time) s")
    }
    for time in 60..<200 {
      _ = pending.takeSettled(now: UInt64(time) * second) { file($0, UInt64(time)) }
    }
    #expect(pending.growing == ["/m/stream.wav"])
    // Whoever waits until all is at rest waits for others only, and those do not wait for it.
    #expect(pending.count == 0)
    pending.add(file("/m/other.wav", 1), isClosed: true, now: 200 * second)
    #expect(pending.count == 1)
    let settled = pending.takeSettled(now: 202 * second) {
      file($0, $0 == "/m/other.wav" ? 1 : 202)
    }
    #expect(settled.map(\.path) == ["/m/other.wav"])
    // Ten seconds without a change.
    let rested = pending.takeSettled(now: 300 * second) { file($0, 202) }
    #expect(rested.map(\.path) == [] || rested.map(\.path) == ["/m/stream.wav"])
    _ = pending.takeSettled(now: 400 * second) { file($0, 202) }
    #expect(pending.growing.isEmpty && !pending.contains("/m/stream.wav"))
  }

  @Test func whatIsNeitherFileNorFolderIsCounted() async throws {
    try await watch { fixture in
      let before = fixture.watcher.statistics.skipped
      #expect(mkfifo(fixture.path("sub/pipe.wav").string, 0o600) == 0)
      try await fixture.settled()
      #expect(fixture.watcher.statistics.skipped == before + 1)
      #expect(await !fixture.told.changes.present.contains(fixture.path("sub/pipe.wav")))
    }
  }
}
