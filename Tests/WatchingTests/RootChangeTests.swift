import Core
import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Watching

/// Roots that come and go while the watcher runs.
@Suite struct RootChangeTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// A watcher on `names`, each a directory in one.
  private func watching(
    _ names: String..., body: (WatcherFixture) async throws -> Void
  ) async throws {
    for name in ["one", "two", "one/inner"] {
      try FileManager.default.createDirectory(
        at: directory(name), withIntermediateDirectories: true)
    }
    try await WatcherFixture.with(
      directory("."), roots: names.map { WatchedRoot(path: place($0)) }, body)
  }

  private func place(_ name: String) -> FilePath { FilePath(directory(name).path) }

  private func wanted(_ names: String...) -> [WatchedRoot] {
    names.map { WatchedRoot(path: place($0)) }
  }

  private func write(_ name: String) throws {
    try Data("audio".utf8).write(to: directory(name))
  }

  /// Waits for a whole scan of `name` and returns the paths that it told.
  private func scanned(_ name: String, _ fixture: WatcherFixture) async throws -> Set<FilePath>? {
    let path = place(name)
    return try await fixture.wait { changes in
      guard let end = changes.lastIndex(of: .scanFinished(path)),
        let start = changes[..<end].lastIndex(of: .scanStarted(path))
      else { return nil }
      return Array(changes[start...end]).present
    }
  }

  @Test func aNewRootIsScannedAndWatched() async throws {
    try await watching("one") { fixture in
      try write("two/a.wav")
      #expect(try await scanned("one", fixture) == [])
      fixture.watcher.watch(wanted("one", "two"))
      #expect(try await scanned("two", fixture) == [place("two/a.wav")])
      await fixture.told.clear()
      try write("two/b.wav")
      #expect(try await fixture.wait { $0.found(place("two/b.wav")) } != nil)
      // The other one goes on undisturbed.
      try write("one/c.wav")
      #expect(try await fixture.wait { $0.found(place("one/c.wav")) } != nil)
      #expect(await !fixture.told.changes.contains(.scanStarted(place("one"))))
    }
  }

  @Test func aRootThatIsLeftOutIsDropped() async throws {
    try await watching("one", "two") { fixture in
      #expect(try await scanned("two", fixture) == [])
      await fixture.told.clear()
      fixture.watcher.watch(wanted("one"))
      #expect(try await fixture.tells(.rootDropped(place("two"))))
      try write("two/a.wav")
      try write("one/b.wav")
      #expect(try await fixture.wait { $0.found(place("one/b.wav")) } != nil)
      #expect(await fixture.told.changes.present == [place("one/b.wav")])
      // Nothing is told as gone, and no rescan comes by.
      fixture.watcher.rescan()
      #expect(try await scanned("one", fixture) == [place("one/b.wav")])
      #expect(await !fixture.told.changes.contains(.scanStarted(place("two"))))
      #expect(fixture.watcher.statistics.watches == 2)
    }
  }

  @Test func whatADroppedRootCoveredStandsForItself() async throws {
    try await watching("one", "one/inner") { fixture in
      #expect(try await fixture.tells(.rootCovered(place("one/inner"))))
      try write("one/inner/a.wav")
      #expect(try await fixture.wait { $0.found(place("one/inner/a.wav")) } != nil)
      await fixture.told.clear()
      fixture.watcher.watch(wanted("one/inner"))
      #expect(try await scanned("one/inner", fixture) == [place("one/inner/a.wav")])
      try write("one/inner/b.wav")
      #expect(try await fixture.wait { $0.found(place("one/inner/b.wav")) } != nil)
      let changes = await fixture.told.changes
      #expect(!changes.contains(.directoryRemoved(place("one/inner"))))
      #expect(!changes.contains(.directoryRemoved(place("one"))))
    }
  }

  @Test func aNewRootCoversWhatLiesBelowIt() async throws {
    try await watching("one/inner") { fixture in
      try write("one/inner/a.wav")
      #expect(try await fixture.wait { $0.found(place("one/inner/a.wav")) } != nil)
      await fixture.told.clear()
      fixture.watcher.watch(wanted("one/inner", "one"))
      #expect(try await scanned("one", fixture) == [place("one/inner/a.wav")])
      #expect(try await fixture.tells(.rootCovered(place("one/inner"))))
      #expect(await !fixture.told.changes.contains(.directoryRemoved(place("one/inner"))))
    }
  }

  @Test func aMissingNewRootIsOfflineUntilItComes() async throws {
    try await watching("one") { fixture in
      fixture.watcher.watch(wanted("one", "later"))
      #expect(try await fixture.wait { $0.offlineReason(place("later")) } == "it does not exist")
      try FileManager.default.createDirectory(
        at: directory("later"), withIntermediateDirectories: true)
      #expect(try await scanned("later", fixture) == [])
    }
  }
}
