import Core
import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Watching

@Suite struct ScanTests {
  /// A root to prepare, and what its first scan tells.
  private func scan(
    _ prepare: (WatcherFixture) throws -> Void, options: WatchingOptions = WatcherFixture.options,
    faults: WatchingFaults = WatchingFaults(),
    _ check: (WatcherFixture, [Change]) async throws -> Void
  ) async throws {
    let directory = try TemporaryDirectory()
    let root = directory("root")
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    try prepare(WatcherFixture(watcher: try Watcher(roots: []), root: root))
    try await WatcherFixture.with(root, options: options, faults: faults) { fixture in
      let told = try #require(try await fixture.scanned())
      try await check(fixture, told)
    }
    withExtendedLifetime(directory) {}
  }

  @Test func tellsEveryFileOnce() async throws {
    try await scan { fixture in
      for index in 0..<20 {
        try fixture.makeDirectory("d\(index % 4)/e\(index % 3)")
        try fixture.write("d\(index % 4)/e\(index % 3)/\(index).wav")
      }
    } _: { fixture, told in
      let expected = (0..<20).map { fixture.path("d\($0 % 4)/e\($0 % 3)/\($0).wav") }
      #expect(told.present == Set(expected))
      for path in expected { #expect(try await fixture.wait { $0.found(path) } != nil) }
      #expect(fixture.watcher.statistics.directories == 1 + 4 + 12)
      #expect(fixture.watcher.statistics.watches == 17)
      // Files that are old and known are told again, as found, by every scan.
      await fixture.told.clear()
      fixture.watcher.rescan()
      let again = try #require(try await fixture.scanned())
      #expect(again.present == Set(expected))
    }
  }

  @Test func tellsNeitherHiddenNorTemporaryNorOtherFiles() async throws {
    try await scan { fixture in
      for name in ["a.wav", ".hidden.wav", "a.part", "cover.JPG", "notes.txt", "b~", "film.mp4"] {
        try fixture.write(name)
      }
      try fixture.makeDirectory(".git")
      try fixture.write(".git/c.wav")
      #expect(mkfifo(fixture.path("pipe.wav").string, 0o600) == 0)
      #expect(symlink("/dev/zero", fixture.path("zero.wav").string) == 0)
      #expect(symlink("nowhere", fixture.path("broken.wav").string) == 0)
    } _: { fixture, told in
      #expect(told.present == [fixture.path("a.wav"), fixture.path("film.mp4")])
      // The picture, the text, the pipe and the device.
      #expect(fixture.watcher.statistics.skipped == 4)
    }
  }

  @Test func titlesThatBeginWithDotsAreNotHidden() async throws {
    let names = ["...And Justice for All/one.wav", "...Baby.wav", "..wav"]
    try await scan { fixture in
      try fixture.makeDirectory("...And Justice for All")
      try fixture.makeDirectory(".hidden")
      for name in names + [".hidden/a.wav", ".a.wav.Xy12"] { try fixture.write(name) }
    } _: { fixture, told in
      #expect(told.present == Set(names.map(fixture.path)))
      try fixture.write("...Late.wav")
      #expect(try await fixture.found("...Late.wav") != nil)
    }
  }

  @Test func namesAreBytes() async throws {
    let names: [[UInt8]] = [
      Array("new\nline.wav".utf8), Array("🎵 ünï.wav".utf8), [0x66, 0xff, 0xfe, 0x2e, 0x77],
      [UInt8](repeating: 0x61, count: 255), Array("back\\slash \"quote\".wav".utf8),
    ]
    try await scan { fixture in
      for name in names {
        let file = try FileDescriptor.open(
          FilePath(fixture.root.path).entry(name), .writeOnly, options: .create,
          permissions: .ownerReadWrite)
        try file.close()
      }
    } _: { fixture, told in
      #expect(told.present == Set(names.map { FilePath(fixture.root.path).entry($0) }))
      // And live.
      for name in names {
        let from = FilePath(fixture.root.path).entry(name)
        let to = FilePath(fixture.root.path).entry(Array(name.dropLast()) + [0x7a])
        _ = try await fixture.wait { $0.found(from) }
        let result = from.withPlatformString { from in to.withPlatformString { rename(from, $0) } }
        #expect(result == 0)
        let moved = try await fixture.wait { changes -> Bool? in
          for case .moved(from, let file) in changes { return file.path == to }
          return nil
        }
        #expect(moved == true)
      }
    }
  }

  @Test func linksAreFollowedOnceAndLoopsEnd() async throws {
    try await scan { fixture in
      try fixture.makeDirectory("real/sub")
      try fixture.write("real/sub/a.wav")
      #expect(symlink("real", fixture.path("a-link").string) == 0)
      #expect(symlink("..", fixture.path("real/up").string) == 0)
      #expect(symlink(".", fixture.path("real/self").string) == 0)
      try fixture.makeDirectory("../outside")
      try fixture.write("../outside/b.wav")
      #expect(symlink("../outside", fixture.path("one").string) == 0)
      #expect(symlink("../outside", fixture.path("two").string) == 0)
      #expect(symlink("real/sub/a.wav", fixture.path("file.wav").string) == 0)
    } _: { fixture, told in
      #expect(
        told.present == [
          fixture.path("real/sub/a.wav"), fixture.path("one/b.wav"), fixture.path("file.wav"),
        ])
    }
  }

  @Test func aTreeTwoHundredDeepIsSeen() async throws {
    let deep = (0..<200).map { "d\($0)" }.joined(separator: "/")
    try await scan { fixture in
      try fixture.makeDirectory(deep)
      try fixture.write(deep + "/a.wav")
    } _: { fixture, told in
      #expect(told.present == [fixture.path(deep + "/a.wav")])
    }
  }

  /// Beyond PATH_MAX no path leads: the directory is told as unreadable, and the rest is seen.
  @Test func pathsBeyondTheLimitAreReported() async throws {
    let name = String(repeating: "n", count: 250)
    try await scan { fixture in
      try fixture.write("a.wav")
      var directory = open(fixture.root.path, O_RDONLY | O_DIRECTORY)
      for _ in 0..<20 {
        #expect(mkdirat(directory, name, 0o700) == 0)
        let next = openat(directory, name, O_RDONLY | O_DIRECTORY)
        close(directory)
        directory = next
      }
      close(directory)
    } _: { fixture, told in
      #expect(told.present == [fixture.path("a.wav")])
      #expect(fixture.watcher.statistics.directories < 20)
      #expect(
        told.contains { change in
          guard case .directoryUnreadable(_, let reason) = change else { return false }
          return reason.contains("File name too long")
        })
      // FileManager cannot remove what it cannot name; rm walks down.
      let remove = Process()
      remove.executableURL = URL(fileURLWithPath: "/bin/rm")
      remove.arguments = ["-rf", fixture.path(name).string]
      try remove.run()
      remove.waitUntilExit()
    }
  }

  @Test func anUnreadableDirectoryIsReportedAndTheRestIsSeen() async throws {
    var faults = WatchingFaults()
    faults.list = { $0.lastComponent?.string == "locked" ? .permissionDenied : nil }
    try await scan(
      { fixture in
        try fixture.makeDirectory("locked")
        try fixture.write("locked/a.wav")
        try fixture.write("b.wav")
      }, faults: faults
    ) { fixture, told in
      #expect(told.present == [fixture.path("b.wav")])
      let reason = told.lazy.compactMap { change -> String? in
        guard case .directoryUnreadable(fixture.path("locked"), let reason) = change else {
          return nil
        }
        return reason
      }.first
      #expect(reason?.contains("Permission denied") == true)
      #expect(reason?.contains("setfacl") == true)
    }
  }

  /// A directory that may be listed, and in which nothing may be looked at.
  @Test func whatCannotBeLookedAtIsNotGone() async throws {
    let isLocked = Flag()
    var faults = WatchingFaults()
    faults.look = { path in
      isLocked.isRaised && path.removingLastComponent().lastComponent?.string == "locked"
        ? .permissionDenied : nil
    }
    try await scan(
      { fixture in
        try fixture.makeDirectory("locked/deep")
        try fixture.write("locked/a.wav")
        try fixture.write("locked/deep/b.wav")
      }, faults: faults
    ) { fixture, _ in
      let files = ["locked/a.wav", "locked/deep/b.wav"]
      for file in files { _ = try #require(try await fixture.found(file)) }
      isLocked.raise()
      let before = await fixture.told.changes
      fixture.watcher.rescan()
      let after = try await fixture.wait { changes in
        changes.dropFirst(before.count).contains(.scanFinished(FilePath(fixture.root.path)))
          ? changes : nil
      }
      #expect(after?.known == Set(files.map(fixture.path)))
      try fixture.write("locked/c.wav")
      try await fixture.settled()
      await fixture.told.clear()
      _ = isLocked.take()
      #expect(chmod(fixture.path("locked").string, 0o700) == 0)
      #expect(try await fixture.found("locked/c.wav") != nil)
      #expect(try await fixture.found("locked/deep/b.wav") != nil)
    }
  }

  @Test func aLostEventIsMadeGoodByLookingAgain() async throws {
    let isLost = Flag()
    var faults = WatchingFaults()
    faults.overflow = { isLost.take() }
    try await scan({ try $0.write("a.wav") }, faults: faults) { fixture, _ in
      await fixture.told.clear()
      isLost.raise()
      try fixture.write("b.wav")
      let told = try #require(try await fixture.scanned())
      #expect(told.present == [fixture.path("a.wav"), fixture.path("b.wav")])
      #expect(try await fixture.found("b.wav") != nil)
      #expect(fixture.watcher.statistics.overflows == 1)
      try fixture.write("c.wav")
      #expect(try await fixture.found("c.wav") != nil)
    }
  }

  @Test func beyondTheWatchLimitFoldersArePolled() async throws {
    let isLimited = Flag()
    isLimited.raise()
    var faults = WatchingFaults()
    faults.watch = { path in
      isLimited.isRaised && path.lastComponent?.string == "far" ? .noSpace : nil
    }
    try await scan({ try $0.makeDirectory("far") }, faults: faults) { fixture, _ in
      let root = FilePath(fixture.root.path)
      let reason = try await fixture.wait { changes -> String? in
        for case .degraded(root, let reason) in changes { return reason }
        return nil
      }
      #expect(reason?.contains("sysctl fs.inotify.max_user_watches=") == true)
      try fixture.write("far/a.wav")
      #expect(try await fixture.found("far/a.wav") != nil, "seen by polling")
      _ = isLimited.take()
      #expect(try await fixture.tells(.recovered(root)))
      try fixture.write("far/b.wav")
      #expect(try await fixture.found("far/b.wav") != nil)
    }
  }

  @Test func overlappingRootsTellEachFileOnce() async throws {
    let directory = try TemporaryDirectory()
    let root = directory("root")
    try FileManager.default.createDirectory(
      at: root.appendingPathComponent("inner"), withIntermediateDirectories: true)
    try Data("audio".utf8).write(to: root.appendingPathComponent("inner/a.wav"))
    #expect(symlink("root", directory("alias").path) == 0)
    let paths = [root.path + "/inner", root.path, directory("alias").path, root.path]
    try await WatcherFixture.with(
      root, roots: paths.map { WatchedRoot(path: FilePath($0)) }
    ) { fixture in
      _ = try #require(try await fixture.scanned())
      _ = try await fixture.found("inner/a.wav")
      try await fixture.settled()
      let changes = await fixture.told.changes
      #expect(changes.foundPaths.filter { $0 == fixture.path("inner/a.wav") }.count == 1)
      let online = changes.filter { if case .rootOnline = $0 { true } else { false } }
      #expect(online.count == 4)
    }
    withExtendedLifetime(directory) {}
  }
}
