import Core
import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Watching

@Suite struct LiveChangeTests {
  private func watching(
    _ prepare: (URL) throws -> Void = { _ in }, _ body: (WatcherFixture) async throws -> Void
  ) async throws {
    let directory = try TemporaryDirectory()
    let root = directory("root")
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    try prepare(root)
    try await WatcherFixture.with(root) { fixture in
      _ = try #require(try await fixture.scanned())
      try await body(fixture)
    }
    withExtendedLifetime(directory) {}
  }

  @Test func aNewFileIsFoundWithSizeTimeAndInode() async throws {
    try await watching { fixture in
      try fixture.write("song.flac", "12345")
      let file = try #require(try await fixture.found("song.flac"))
      var status = stat()
      #expect(stat(file.path.string, &status) == 0)
      #expect(file.size == 5)
      #expect(file.inode == status.st_ino)
      #expect(file.device == UInt64(status.st_dev))
      #expect(
        file.modified
          == Int64(status.st_mtim.tv_sec) * 1_000_000_000 + Int64(status.st_mtim.tv_nsec))
      #expect(file.isReadable)
    }
  }

  /// While somebody writes it is not told; once closed it is, with its last size.
  @Test func aSlowWriteIsToldOnceWhole() async throws {
    try await watching { fixture in
      let file = try FileDescriptor.open(
        fixture.path("slow.wav"), .writeOnly, options: .create, permissions: .ownerReadWrite)
      // Longer than an unclosed file that stands still is waited for.
      for _ in 0..<12 {
        try file.writeAll([UInt8](repeating: 1, count: 1000))
        try await Task.sleep(for: .milliseconds(50))
      }
      try file.close()
      let found = try #require(try await fixture.found("slow.wav"))
      // A pause longer than the limit can make an unfinished file look whole: the last word counts.
      let last = try await fixture.wait { changes -> FileObservation? in
        for case .found(let file) in changes.reversed() where file.size == 12_000 { return file }
        return nil
      }
      #expect(last?.path == found.path)
    }
  }

  @Test func anEditInPlaceIsFoundAgain() async throws {
    try await watching { fixture in
      try fixture.write("a.wav")
      _ = try #require(try await fixture.found("a.wav"))
      await fixture.told.clear()
      let file = try FileDescriptor.open(fixture.path("a.wav"), .writeOnly, options: .append)
      try file.writeAll("more".utf8)
      try file.close()
      #expect(try await fixture.found("a.wav")?.size == 9)
    }
  }

  @Test func anEmptyFileIsFound() async throws {
    try await watching { fixture in
      try fixture.write("empty.wav", "")
      #expect(try await fixture.found("empty.wav")?.size == 0)
    }
  }

  @Test func aRenameMovesAFile() async throws {
    try await watching { fixture in
      try fixture.makeDirectory("sub")
      try fixture.write("a.wav")
      let before = try #require(try await fixture.found("a.wav"))
      _ = try #require(try await fixture.scanned("sub"))
      try fixture.move("a.wav", "sub/b.wav")
      let moved = try await fixture.wait { changes -> FileObservation? in
        for case .moved(before.path, let file) in changes { return file }
        return nil
      }
      #expect(moved?.path == fixture.path("sub/b.wav"))
      #expect(moved?.inode == before.inode)
    }
  }

  @Test func aFileMovedOutIsRemovedAndMovedInIsFound() async throws {
    try await watching { fixture in
      try fixture.write("a.wav")
      _ = try #require(try await fixture.found("a.wav"))
      try fixture.move("a.wav", "../outside.wav")
      #expect(try await fixture.tells(.removed(fixture.path("a.wav"))))
      try fixture.move("../outside.wav", "back.wav")
      #expect(try await fixture.found("back.wav") != nil)
    }
  }

  @Test func aDeletedFileIsRemoved() async throws {
    try await watching { fixture in
      try fixture.write("a.wav")
      _ = try #require(try await fixture.found("a.wav"))
      try fixture.remove("a.wav")
      #expect(try await fixture.tells(.removed(fixture.path("a.wav"))))
    }
  }

  @Test func directoriesMoveWithEverythingInThem() async throws {
    try await watching { fixture in
      try fixture.makeDirectory("a/b/c")
      try fixture.write("a/b/c/song.wav")
      _ = try #require(try await fixture.found("a/b/c/song.wav"))
      try fixture.makeDirectory("z")
      _ = try #require(try await fixture.scanned("z"))
      await fixture.told.clear()
      try fixture.move("a/b", "z/moved")
      #expect(
        try await fixture.tells(
          .directoryMoved(from: fixture.path("a/b"), to: fixture.path("z/moved"))))
      // What happens below is told under the new name.
      try fixture.write("z/moved/c/new.wav")
      #expect(try await fixture.found("z/moved/c/new.wav") != nil)
      #expect(await !fixture.told.changes.contains(.directoryRemoved(fixture.path("a/b"))))

      try fixture.move("z/moved", "../out")
      #expect(try await fixture.tells(.directoryRemoved(fixture.path("z/moved"))))
      await fixture.told.clear()
      try fixture.move("../out", "in")
      #expect(try await fixture.found("in/c/song.wav") != nil)
    }
  }

  @Test func aTreeThatAppearsAtOnceIsSeenWhole() async throws {
    try await watching { fixture in
      for index in 0..<30 {
        try fixture.makeDirectory("new/\(index)/deep")
        try fixture.write("new/\(index)/deep/song.wav")
      }
      for index in 0..<30 {
        #expect(try await fixture.found("new/\(index)/deep/song.wav") != nil)
      }
      try fixture.remove("new")
      #expect(try await fixture.tells(.directoryRemoved(fixture.path("new"))))
    }
  }

  @Test(arguments: [
    "song.wav.part", "song.crdownload", "song.tmp", "song.wav~", "x.!qB", "a.partial",
    "a.download", ".song.wav.Xy12",
  ])
  func aDownloadIsToldOnceItHasItsName(temporary: String) async throws {
    try await watching { fixture in
      try fixture.write(temporary)
      try await fixture.settled()
      try fixture.move(temporary, "song.wav")
      #expect(try await fixture.found("song.wav") != nil)
      let paths = await fixture.told.changes.present
      #expect(!paths.contains(fixture.path(temporary)))
    }
  }

  @Test func aFileReplacedByRenamingIsFoundAgain() async throws {
    try await watching { fixture in
      try fixture.write("a.wav")
      _ = try #require(try await fixture.found("a.wav"))
      await fixture.told.clear()
      try fixture.write(".a.wav.new", "longer text")
      try fixture.move(".a.wav.new", "a.wav")
      #expect(try await fixture.found("a.wav")?.size == 11)
    }
  }

  @Test func aChangeOfPermissionIsTold() async throws {
    try await watching { fixture in
      try fixture.write("a.wav")
      let file = try #require(try await fixture.found("a.wav"))
      #expect(chmod(file.path.string, 0o600) == 0)
      #expect(try await fixture.tells(.permissionsChanged(file)))
    }
  }

  @Test func aNewModificationTimeAloneIsFound() async throws {
    try await watching { fixture in
      try fixture.write("a.wav")
      let file = try #require(try await fixture.found("a.wav"))
      await fixture.told.clear()
      let times = [
        timespec(tv_sec: 1_000_000_000, tv_nsec: 5), timespec(tv_sec: 1_000_000_000, tv_nsec: 5),
      ]
      #expect(utimensat(AT_FDCWD, file.path.string, times, 0) == 0)
      #expect(try await fixture.found("a.wav")?.modified == 1_000_000_000_000_000_005)
    }
  }

  @Test func hiddenDirectoriesAreLeftAlone() async throws {
    try await watching { fixture in
      try fixture.makeDirectory(".hidden")
      try fixture.write(".hidden/a.wav")
      try await fixture.settled()
      #expect(await !fixture.told.changes.present.contains(fixture.path(".hidden/a.wav")))
      try fixture.move(".hidden", "shown")
      #expect(try await fixture.found("shown/a.wav") != nil)
      try fixture.move("shown", ".again")
      #expect(try await fixture.tells(.directoryRemoved(fixture.path("shown"))))
    }
  }

  @Test func aLinkToADirectoryIsFollowedWhileItLasts() async throws {
    try await watching { fixture in
      try fixture.makeDirectory("../elsewhere")
      try fixture.write("../elsewhere/a.wav")
      #expect(symlink("../elsewhere", fixture.path("link").string) == 0)
      #expect(try await fixture.found("link/a.wav") != nil)
      try fixture.write("../elsewhere/b.wav")
      #expect(try await fixture.found("link/b.wav") != nil)
      try fixture.remove("link")
      #expect(try await fixture.tells(.directoryRemoved(fixture.path("link"))))
    }
  }
}
