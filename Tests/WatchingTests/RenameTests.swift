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
}
