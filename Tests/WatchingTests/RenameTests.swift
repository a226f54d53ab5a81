import Core
import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Watching

/// Renames of which only one half lies in the watched folders, and what comes right behind them.
@Suite struct RenameTests {
  private func watching(
    options: WatchingOptions = WatcherFixture.options, _ prepare: (URL) throws -> Void = { _ in },
    _ body: (WatcherFixture) async throws -> Void
  ) async throws {
    let directory = try TemporaryDirectory()
    let root = directory("root")
    for url in [root, directory("out")] {
      try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }
    try prepare(root)
    try await WatcherFixture.with(root, options: options) { fixture in
      _ = try #require(try await fixture.scanned())
      try await body(fixture)
    }
    withExtendedLifetime(directory) {}
  }

  @Test func aFileThatSettlesOutlivesAFolderThatLeaves() async throws {
    var options = WatcherFixture.options
    options.settle = 1
    try await watching(options: options) { root in
      let album = root.appendingPathComponent("album/disc")
      try FileManager.default.createDirectory(at: album, withIntermediateDirectories: true)
    } _: { fixture in
      try fixture.write("b.wav")
      try fixture.move("album", "../out/album")
      #expect(try await fixture.tells(.directoryRemoved(fixture.path("album"))))
      #expect(try await fixture.found("b.wav") != nil)
    }
  }

  /// A change of mode right before is no reason to analyse the file again.
  @Test func aFileKeepsItsAnalysisWhereItIsRenamedAfterAChangeOfMode() async throws {
    var options = WatcherFixture.options
    options.settle = 1
    try await watching(options: options) { fixture in
      try fixture.write("a.wav")
      let file = try #require(try await fixture.found("a.wav"))
      #expect(chmod(file.path.string, 0o600) == 0)
      try fixture.move("a.wav", "b.wav")
      let moved = try await fixture.wait { changes -> FilePath? in
        for case .moved(file.path, let new) in changes { return new.path }
        return nil
      }
      #expect(moved == fixture.path("b.wav"))
    }
  }

  /// Waits until exactly `names` are known, and the marker of everything that happened before.
  private func holds(_ names: Set<String>, _ fixture: WatcherFixture) async throws -> Bool {
    // Longer than a half rename waits for its other half.
    try await Task.sleep(for: .milliseconds(300))
    try await fixture.settled("marker.wav")
    let wanted = Set(names.union(["marker.wav"]).map(fixture.path))
    return try await fixture.wait { $0.known == wanted ? true : nil } ?? false
  }

  /// Makes files, and waits until they are told.
  private func make(
    _ names: [String], _ fixture: WatcherFixture, areTold: Bool = true
  ) async throws {
    for name in names {
      try FileManager.default.createDirectory(
        at: fixture.root.appendingPathComponent(name).deletingLastPathComponent(),
        withIntermediateDirectories: true)
      try fixture.write(name, name)
    }
    guard areTold else { return }
    for name in names { _ = try #require(try await fixture.found(name)) }
  }

  @Test func whatTakesThePathOfAFileThatLeftStays() async throws {
    try await watching { fixture in
      try await make(["a.wav", "x.wav"], fixture)
      try fixture.move("a.wav", "../out/a.wav")
      try FileManager.default.copyItem(
        atPath: fixture.path("x.wav").string, toPath: fixture.path("a.wav").string)
      #expect(try await holds(["a.wav", "x.wav"], fixture))
    }
  }

  @Test func aSwapThroughAFolderOutsideLosesNothing() async throws {
    try await watching { fixture in
      try await make(["a.wav", "b.wav"], fixture)
      try fixture.move("a.wav", "../out/a.wav")
      try fixture.move("b.wav", "a.wav")
      try fixture.move("../out/a.wav", "b.wav")
      #expect(try await holds(["a.wav", "b.wav"], fixture))
    }
  }

  @Test func aFolderThatGivesWayToALinkToItStays() async throws {
    try await watching { fixture in
      try await make(["album/a.wav"], fixture)
      try fixture.move("album", "../out/album")
      #expect(symlink("../out/album", fixture.path("album").string) == 0)
      #expect(try await holds(["album/a.wav"], fixture))
    }
  }

  @Test func whatLeavesAFolderDoesNotMoveWithIt() async throws {
    try await watching { fixture in
      try await make(["d/x.wav", "d/y.wav"], fixture)
      try fixture.move("d/x.wav", "../out/x.wav")
      try fixture.move("d", "e")
      #expect(try await holds(["e/y.wav"], fixture))
    }
  }

  /// The folder is renamed before anybody can look at what happened in it.
  @Test(arguments: ["rename", "write"])
  func whatHappensInAFolderThatIsRenamedAtOnceIsSeen(what: String) async throws {
    let directory = try TemporaryDirectory()
    let root = directory("root")
    try FileManager.default.createDirectory(
      at: root.appendingPathComponent("d"), withIntermediateDirectories: true)
    var faults = WatchingFaults()
    // Asked after events have come and before they are looked into.
    faults.overflow = { [root = root.path] in
      if access(root + "/d/y.wav", F_OK) == 0 { rename(root + "/d", root + "/e") }
      return false
    }
    try await WatcherFixture.with(root, faults: faults) { fixture in
      _ = try #require(try await fixture.scanned())
      try await make(["d/x.wav"], fixture)
      if what == "rename" {
        try fixture.move("d/x.wav", "d/y.wav")
        #expect(try await holds(["e/y.wav"], fixture))
      } else {
        try fixture.write("d/y.wav")
        #expect(try await holds(["e/x.wav", "e/y.wav"], fixture))
      }
    }
    withExtendedLifetime(directory) {}
  }

  @Test func exchangedFilesAndFoldersAreTold() async throws {
    try await watching { fixture in
      try await make(["a.wav", "longer.wav", "d/x.wav", "e/y.wav"], fixture)
      try exchange("a.wav", "longer.wav", fixture)
      try exchange("d", "e", fixture)
      #expect(try await holds(["a.wav", "longer.wav", "d/y.wav", "e/x.wav"], fixture))
      let sizes = await fixture.told.changes.compactMap { change -> Int64? in
        guard case .found(let file) = change, file.path == fixture.path("a.wav") else { return nil }
        return file.size
      }
      #expect(sizes == [5, 10])
    }
  }

  /// renameat2(2) with RENAME_EXCHANGE, which Swift's Glibc does not have.
  private func exchange(_ a: String, _ b: String, _ fixture: WatcherFixture) throws {
    typealias Call =
      @convention(c) (
        Int32, UnsafePointer<CChar>, Int32, UnsafePointer<CChar>, UInt32
      ) -> Int32
    let call = unsafeBitCast(try #require(dlsym(nil, "renameat2")), to: Call.self)
    let result = call(AT_FDCWD, fixture.path(a).string, AT_FDCWD, fixture.path(b).string, 2)
    try #require(result == 0, "errno \(errno)")
  }

  /// Makes `root/link`, which leads to a folder outside with one file.
  private func link(_ fixture: WatcherFixture) async throws {
    try await make(["../out/old/a.wav"], fixture, areTold: false)
    #expect(symlink("../out/old", fixture.path("link").string) == 0)
    _ = try #require(try await fixture.found("link/a.wav"))
  }

  /// A link to `target` takes the place of `root/link` at once, as `ln -sfn` does it. Before, the link
  /// leads nowhere, so that it is no folder to the watcher until it is in its place.
  private func retarget(
    to target: String, _ fixture: WatcherFixture, _ prepare: () async throws -> Void
  ) async throws {
    #expect(symlink(target, fixture.path("next").string) == 0)
    try await fixture.settled("marker.wav")
    try await prepare()
    try fixture.move("next", "link")
  }

  @Test func aLinkThatIsReplacedLeadsElsewhere() async throws {
    try await watching { fixture in
      try await link(fixture)
      try await retarget(to: "../out/new", fixture) {
        try await make(["../out/new/b.wav"], fixture, areTold: false)
      }
      #expect(try await holds(["link/b.wav"], fixture))
    }
  }

  @Test func aLinkThatIsReplacedByOneToAKnownFolderLosesItsFiles() async throws {
    try await watching { fixture in
      try await link(fixture)
      try await retarget(to: "album", fixture) { try await make(["album/b.wav"], fixture) }
      #expect(try await holds(["album/b.wav"], fixture))
    }
  }

  @Test func aLinkThatIsReplacedByOneToNothingLosesItsFiles() async throws {
    try await watching { fixture in
      try await link(fixture)
      try await retarget(to: "../out/nowhere", fixture) {}
      #expect(try await holds([], fixture))
    }
  }
}
