import Core
import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Watching

@Suite struct RootTests {
  private func rooted(
    _ root: (FilePath) -> WatchedRoot, prepare: (URL) throws -> Void = { _ in },
    _ body: (WatcherFixture) async throws -> Void
  ) async throws {
    let directory = try TemporaryDirectory()
    let url = directory("root")
    try prepare(url)
    try await WatcherFixture.with(url, roots: [root(FilePath(url.path))], body)
    withExtendedLifetime(directory) {}
  }

  private func make(_ url: URL) throws {
    try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
  }

  @Test func aMissingRootComesOnlineWhenItAppears() async throws {
    try await rooted({ WatchedRoot(path: $0) }) { fixture in
      let root = FilePath(fixture.root.path)
      let reason = try await fixture.wait { $0.offlineReason(root) }
      #expect(reason == "it does not exist")
      try make(fixture.root)
      try fixture.write("a.wav")
      #expect(try await fixture.found("a.wav") != nil)
    }
  }

  @Test func aRootThatIsRenamedAwayIsOfflineAndComesBack() async throws {
    try await rooted({ WatchedRoot(path: $0) }, prepare: make) { fixture in
      let root = FilePath(fixture.root.path)
      try fixture.write("a.wav")
      _ = try #require(try await fixture.found("a.wav"))
      await fixture.told.clear()
      let away = root.removingLastComponent().appending("away").string
      #expect(rename(root.string, away) == 0)
      #expect(try await fixture.wait { $0.offlineReason(root) } == "it does not exist")
      #expect(await !fixture.told.changes.contains(.removed(fixture.path("a.wav"))))
      await fixture.told.clear()
      #expect(rename(away, root.string) == 0)
      let told = try #require(try await fixture.scanned())
      #expect(told.present == [fixture.path("a.wav")])
    }
  }

  /// What a scan did not come by because the root went away under it has not gone.
  @Test func aRootThatGoesAwayDuringAScanKeepsItsFiles() async throws {
    let directory = try TemporaryDirectory()
    let root = directory("root")
    let away = directory("away").path
    let isLeaving = Flag()
    var faults = WatchingFaults()
    faults.list = { [path = root.path] place in
      if place.lastComponent?.string == "sub", isLeaving.take() { rename(path, away) }
      return nil
    }
    try make(root.appendingPathComponent("sub"))
    try await WatcherFixture.with(root, faults: faults) { fixture in
      try fixture.write("sub/a.wav")
      _ = try #require(try await fixture.found("sub/a.wav"))
      isLeaving.raise()
      fixture.watcher.rescan()
      let path = FilePath(root.path)
      #expect(try await fixture.wait { $0.offlineReason(path) } == "it does not exist")
      #expect(await fixture.told.changes.known == [fixture.path("sub/a.wav")])
      #expect(rename(away, path.string) == 0)
      let isBack = try await fixture.wait { changes -> Bool? in
        let end = changes.lastIndex(of: .scanFinished(path)) ?? 0
        let isOffline = changes.dropFirst(end).contains {
          if case .rootOffline = $0 { true } else { false }
        }
        return isOffline ? nil : true
      }
      #expect(isBack == true)
      #expect(await fixture.told.changes.known == [fixture.path("sub/a.wav")])
    }
    withExtendedLifetime(directory) {}
  }

  @Test func anEmptyRootWithKnownFilesIsOffline() async throws {
    try await rooted({ WatchedRoot(path: $0, hasFiles: true) }, prepare: make) { fixture in
      let root = FilePath(fixture.root.path)
      let reason = try await fixture.wait { $0.offlineReason(root) }
      #expect(reason?.contains("empty") == true)
      #expect(await !fixture.told.changes.contains(.scanStarted(root)))
      try fixture.write("a.wav")
      #expect(try await fixture.found("a.wav") != nil, "it is looked at again")
    }
  }

  @Test func anEmptyRootCanBeAdopted() async throws {
    try await rooted({ WatchedRoot(path: $0, hasFiles: true) }, prepare: make) { fixture in
      let root = FilePath(fixture.root.path)
      _ = try #require(try await fixture.wait { $0.offlineReason(root) })
      fixture.watcher.rescan(under: root, adopting: true)
      let told = try #require(try await fixture.scanned())
      #expect(told.present.isEmpty)
    }
  }

  @Test func aRootOnAnotherFileSystemIsOffline() async throws {
    let other = FileSystemIdentity(type: 0xef53, identifier: 12345, isMountPoint: true)
    try await rooted(
      { WatchedRoot(path: $0, recorded: other) },
      prepare: { url in
        try make(url)
        try Data("audio".utf8).write(to: url.appendingPathComponent("a.wav"))
      }
    ) { fixture in
      let root = FilePath(fixture.root.path)
      let reason = try await fixture.wait { $0.offlineReason(root) }
      #expect(reason?.contains("another file system") == true)
      #expect(await fixture.told.changes.present.isEmpty)
      fixture.watcher.rescan(under: root, adopting: true)
      let told = try #require(try await fixture.scanned())
      #expect(told.present == [fixture.path("a.wav")])
    }
  }

  @Test func aRootThatIsNoDirectoryIsOffline() async throws {
    try await rooted(
      { WatchedRoot(path: $0) }, prepare: { try Data().write(to: $0) }
    ) { fixture in
      let root = FilePath(fixture.root.path)
      let reason = try await fixture.wait { $0.offlineReason(root) }
      #expect(reason == "it is not a directory")
    }
  }

  @Test func anUnreadableRootSaysWhatToDo() async throws {
    let isLocked = Flag()
    isLocked.raise()
    var faults = WatchingFaults()
    faults.list = { _ in isLocked.isRaised ? .permissionDenied : nil }
    let directory = try TemporaryDirectory()
    try await WatcherFixture.with(directory.url, faults: faults) { fixture in
      let root = FilePath(fixture.root.path)
      let reason = try await fixture.wait { changes -> String? in
        for case .rootUnreadable(root, let reason) in changes { return reason }
        return nil
      }
      #expect(reason?.contains("setfacl") == true)
      _ = isLocked.take()
      #expect(try await fixture.scanned() != nil)
    }
  }

  /// Deleting file by file is deleting, not losing a disk.
  @Test func aRootThatIsEmptiedWhileWatchedLosesItsFiles() async throws {
    try await rooted({ WatchedRoot(path: $0) }, prepare: make) { fixture in
      try fixture.write("a.wav")
      _ = try #require(try await fixture.found("a.wav"))
      try fixture.remove("a.wav")
      #expect(try await fixture.tells(.removed(fixture.path("a.wav"))))
      await fixture.told.clear()
      fixture.watcher.rescan()
      let told = try #require(try await fixture.scanned())
      #expect(told.present.isEmpty)
    }
  }

  @Test func identitiesCompareByWhatIsStable() {
    let uuid = FileSystemIdentity(type: 0xef53, identifier: 7, isMountPoint: true)
    #expect(FileSystemIdentity(type: 0xef53, identifier: 7, isMountPoint: false).matches(uuid))
    #expect(!FileSystemIdentity(type: 0xef53, identifier: 8, isMountPoint: true).matches(uuid))
    let plain = FileSystemIdentity(type: 0x4d44, identifier: 0, isMountPoint: true)
    #expect(FileSystemIdentity(type: 0x4d44, identifier: 0, isMountPoint: true).matches(plain))
    #expect(!FileSystemIdentity(type: 0x4d44, identifier: 0, isMountPoint: false).matches(plain))
    #expect(!FileSystemIdentity(type: 0xef53, identifier: 0, isMountPoint: true).matches(plain))
    // XFS gives its device's number, which another start of the machine changes.
    let device = FileSystemIdentity(type: 0x5846_5342, identifier: 0x801, isMountPoint: true)
    for identifier in [0, 0x811] as [UInt64] {
      let later = FileSystemIdentity(type: 0x5846_5342, identifier: identifier, isMountPoint: true)
      #expect(later.matches(device))
    }
    #expect(
      !FileSystemIdentity(type: 0x5846_5342, identifier: 0x801, isMountPoint: false).matches(device)
    )
  }
}
