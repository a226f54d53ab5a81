import Core
import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Watching

/// Mounts need privileges that a build machine may not give.
private let canMount: Bool = {
  guard let directory = try? TemporaryDirectory() else { return false }
  guard mount("none", directory.path, "tmpfs", 0, nil) == 0 else { return false }
  return umount2(directory.path, 0) == 0
}()

@Suite(.serialized, .enabled(if: canMount, "needs the right to mount file systems"))
struct MountTests {
  /// A file system of its own under `disk`, to be bound into place and taken away again.
  private func withDisk(
    _ body: (_ directory: TemporaryDirectory, _ disk: URL, _ root: URL) async throws -> Void
  ) async throws {
    let directory = try TemporaryDirectory()
    let disk = directory("disk")
    let root = directory("root")
    for url in [disk, root] {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }
    #expect(mount("none", disk.path, "tmpfs", 0, nil) == 0)
    try Data("audio".utf8).write(to: disk.appendingPathComponent("song.wav"))
    let result: Result<Void, any Error>
    do {
      try await body(directory, disk, root)
      result = .success(())
    } catch {
      result = .failure(error)
    }
    for path in [root.path + "/nested", root.path, disk.path] {
      while umount2(path, Int32(MNT_DETACH)) == 0 {}
    }
    try result.get()
  }

  private func bind(_ from: URL, _ to: String) -> Bool {
    mount(from.path, to, nil, UInt(MS_BIND), nil) == 0
  }

  /// Nothing of ours may keep a file system busy.
  private func unmount(_ path: String) async throws -> Bool {
    for _ in 0..<500 {
      if umount2(path, 0) == 0 { return true }
      try await Task.sleep(for: .milliseconds(10))
    }
    return false
  }

  @Test func aNestedMountGoesOfflineAndComesBackUntouched() async throws {
    try await withDisk { _, disk, root in
      let nested = root.path + "/nested"
      try FileManager.default.createDirectory(atPath: nested, withIntermediateDirectories: true)
      #expect(bind(disk, nested))
      try await WatcherFixture.with(root) { fixture in
        let song = fixture.path("nested/song.wav")
        _ = try #require(try await fixture.found("nested/song.wav"))
        #expect(await fixture.told.changes.mountIdentity(fixture.path("nested")) != nil)
        await fixture.told.clear()

        #expect(try await unmount(nested))
        let reason = try await fixture.wait { $0.mountOfflineReason(fixture.path("nested")) }
        #expect(reason == "nothing is mounted there")
        let changes = await fixture.told.changes
        #expect(!changes.contains(.removed(song)))
        #expect(!changes.contains(.directoryRemoved(fixture.path("nested"))))
        await fixture.told.clear()

        #expect(bind(disk, nested))
        #expect(try await fixture.found("nested/song.wav") != nil)
        #expect(await fixture.told.changes.mountIdentity(fixture.path("nested")) != nil)
        try fixture.write("nested/new.wav")
        #expect(try await fixture.found("nested/new.wav") != nil)
      }
    }
  }

  /// The kernel gives the same mount number, and tmpfs the same inode, to what is mounted next.
  @Test(arguments: ["nested", ""]) func aDiskThatIsReplacedAtOnceIsSeen(name: String) async throws {
    let directory = try TemporaryDirectory()
    let root = directory("root")
    let place = name.isEmpty ? root : root.appendingPathComponent(name)
    try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
    #expect(mount("none", place.path, "tmpfs", 0, nil) == 0)
    defer { while umount2(place.path, Int32(MNT_DETACH)) == 0 {} }
    let prefix = name.isEmpty ? "" : name + "/"
    try Data("audio".utf8).write(to: place.appendingPathComponent("first.wav"))
    try await WatcherFixture.with(root) { fixture in
      _ = try #require(try await fixture.found("\(prefix)first.wav"))
      for round in 0..<5 {
        #expect(try await unmount(place.path))
        #expect(mount("none", place.path, "tmpfs", 0, nil) == 0)
        try fixture.write("\(prefix)\(round).wav")
        #expect(try await fixture.found("\(prefix)\(round).wav") != nil, "round \(round)")
      }
    }
  }

  /// As udisks and autofs do it: the folder goes with the disk, before anybody has looked.
  @Test func aMountsFolderThatIsRemovedAtOnceIsOffline() async throws {
    try await withDisk { _, disk, root in
      let isToBeHeld = Flag()
      let isHeld = Flag()
      let isReleased = Flag()
      var faults = WatchingFaults()
      let nested = root.path + "/nested"
      try FileManager.default.createDirectory(atPath: nested, withIntermediateDirectories: true)
      faults.overflow = {
        if isToBeHeld.take() {
          isHeld.raise()
          while !isReleased.isRaised { usleep(1000) }
        }
        return false
      }
      #expect(bind(disk, nested))
      try await WatcherFixture.with(root, faults: faults) { fixture in
        _ = try #require(try await fixture.found("nested/song.wav"))
        await fixture.told.clear()
        isToBeHeld.raise()
        try fixture.write("any.wav")
        try await eventually("the watcher is held") { isHeld.isRaised }
        #expect(try await unmount(nested))
        #expect(rmdir(nested) == 0)
        isReleased.raise()
        let path = fixture.path("nested")
        let reason = try await fixture.wait { $0.mountOfflineReason(path) }
        let changes = await fixture.told.changes
        #expect(reason == "it does not exist", "\(changes)")
        #expect(!changes.contains(.directoryRemoved(path)))
        #expect(!changes.contains(.removed(fixture.path("nested/song.wav"))))
      }
    }
  }

  @Test func aMountThatWasRecordedAndIsMissingAtStartIsOffline() async throws {
    try await withDisk { _, disk, root in
      let nested = root.path + "/nested"
      try FileManager.default.createDirectory(atPath: nested, withIntermediateDirectories: true)
      let identity = FileSystemIdentity(type: 0x0102_1994, identifier: 0, isMountPoint: true)
      let watched = WatchedRoot(
        path: FilePath(root.path),
        mounts: [FilePath(nested): identity, FilePath("/gone"): identity])
      try await WatcherFixture.with(root, roots: [watched]) { fixture in
        _ = try #require(try await fixture.scanned())
        let changes = await fixture.told.changes
        #expect(changes.mountOfflineReason(FilePath(nested)) == "nothing is mounted there")
        #expect(changes.mountOfflineReason("/gone") == "it does not exist")
        #expect(bind(disk, nested))
        #expect(try await fixture.found("nested/song.wav") != nil)
      }
    }
  }

  @Test func aDiskThatIsNewIsSeen() async throws {
    try await withDisk { _, disk, root in
      let nested = root.path + "/nested"
      try FileManager.default.createDirectory(atPath: nested, withIntermediateDirectories: true)
      try await WatcherFixture.with(root) { fixture in
        _ = try #require(try await fixture.scanned())
        #expect(bind(disk, nested))
        #expect(try await fixture.found("nested/song.wav") != nil)
      }
    }
  }

  @Test func aRootsDiskGoesOfflineAndComesBackUntouched() async throws {
    try await withDisk { _, disk, root in
      #expect(bind(disk, root.path))
      try await WatcherFixture.with(root) { fixture in
        let path = FilePath(root.path)
        let song = try #require(try await fixture.found("song.wav"))
        await fixture.told.clear()
        #expect(try await unmount(root.path))
        let reason = try await fixture.wait { $0.offlineReason(path) }
        #expect(reason?.contains("another file system") == true)
        #expect(await !fixture.told.changes.contains(.removed(song.path)))
        await fixture.told.clear()
        #expect(bind(disk, root.path))
        let told = try #require(try await fixture.scanned())
        #expect(told.present == [song.path])
      }
    }
  }

  /// A file appears on a disk that was mounted empty.
  @Test func aRecordedMountThatIsEmptyIsOfflineUntilItIsNot() async throws {
    try await withDisk { directory, _, root in
      let nested = root.path + "/nested"
      try FileManager.default.createDirectory(atPath: nested, withIntermediateDirectories: true)
      let empty = directory("disk/empty")
      try FileManager.default.createDirectory(at: empty, withIntermediateDirectories: true)
      #expect(bind(empty, nested))
      let identity = FileSystemIdentity(type: 0x0102_1994, identifier: 0, isMountPoint: true)
      let watched = WatchedRoot(path: FilePath(root.path), mounts: [FilePath(nested): identity])
      try await WatcherFixture.with(root, roots: [watched]) { fixture in
        let reason = try await fixture.wait { $0.mountOfflineReason(FilePath(nested)) }
        #expect(reason == "it is empty")
        try fixture.write("nested/a.wav")
        #expect(try await fixture.found("nested/a.wav") != nil)
      }
    }
  }

  @Test func escapesInTheMountTableAreUndone() {
    let line = "36 35 98:0 /mnt1 /a\\040b\\012c\\134d rw,noatime - ext3 /dev/root rw\n"
    #expect(MountTable.parse(Array(line.utf8)) == ["/a b\nc\\d"])
    #expect(MountTable.parse(Array("short line\n\n1 2 3".utf8)).isEmpty)
  }
}
