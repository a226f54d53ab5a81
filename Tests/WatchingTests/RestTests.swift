import Core
import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Watching

/// When everything is told: no sooner, whenever it is asked.
@Suite struct RestTests {
  private func watching(
    options: WatchingOptions = WatcherFixture.options, faults: WatchingFaults = WatchingFaults(),
    _ body: (WatcherFixture) async throws -> Void
  ) async throws {
    let directory = try TemporaryDirectory()
    let root = directory("root")
    try FileManager.default.createDirectory(at: root, withIntermediateDirectories: true)
    try await WatcherFixture.with(root, options: options, faults: faults) { fixture in
      _ = try #require(try await fixture.scanned())
      try await untilAtRest(fixture)
      try await body(fixture)
    }
    withExtendedLifetime(directory) {}
  }

  private func untilAtRest(_ fixture: WatcherFixture) async throws {
    try await eventually("all is told", every: .milliseconds(1)) { fixture.watcher.isAtRest }
  }

  /// From the moment it is written, whether the watcher's thread has heard of it or not.
  @Test func aFileThatSettlesIsWaitedFor() async throws {
    var options = WatcherFixture.options
    options.settle = 3600
    options.openSettle = 3600
    try await watching(options: options) { fixture in
      for number in 1...20 {
        let name = "\(number).wav"
        try fixture.write(name)
        for _ in 0..<20 { #expect(!fixture.watcher.isAtRest) }
        try fixture.remove(name)
        try await untilAtRest(fixture)
        #expect(await fixture.told.changes.contains(.removed(fixture.path(name))))
      }
    }
  }

  @Test func whatHappenedBeforeTheRestIsTold() async throws {
    var options = WatcherFixture.options
    options.settle = 0.01
    try await watching(options: options) { fixture in
      for number in 1...20 {
        let (name, folder) = ("\(number).wav", "folder \(number)")
        try fixture.makeDirectory(folder)
        try fixture.write("\(folder)/\(name)")
        try fixture.write(name)
        try await untilAtRest(fixture)
        let changes = await fixture.told.changes
        #expect(changes.found(fixture.path(name)) != nil)
        #expect(changes.found(fixture.path("\(folder)/\(name)")) != nil)
        try fixture.move(name, "moved \(name)")
        try await untilAtRest(fixture)
        let old = fixture.path(name)
        let isMoved = await fixture.told.changes.contains {
          if case .moved(from: old, _) = $0 { true } else { false }
        }
        #expect(isMoved)
      }
    }
  }

  /// The order counts before the thread has taken it, and its scan is told when it begins.
  @Test func aRescanIsWaitedForFromTheOrderOn() async throws {
    let isHeld = Flag()
    var faults = WatchingFaults()
    faults.list = { _ in
      while isHeld.isRaised { usleep(1000) }
      return nil
    }
    try await watching(faults: faults) { fixture in
      let (root, other) = (FilePath(fixture.root.path), fixture.path("other"))
      try fixture.makeDirectory("other")
      try await untilAtRest(fixture)
      for order in 0..<2 {
        await fixture.told.clear()
        isHeld.raise()
        defer { _ = isHeld.take() }
        if order == 0 {
          fixture.watcher.rescan()
        } else {
          fixture.watcher.watch([WatchedRoot(path: root), WatchedRoot(path: other)])
        }
        for _ in 0..<20 { #expect(!fixture.watcher.isAtRest) }
        if order == 0 {
          #expect(try await fixture.tells(.scanStarted(root)), "while its scan is held up")
        }
        #expect(!fixture.watcher.isAtRest)
        #expect(await !fixture.told.changes.contains(.scanFinished(root)))
        _ = isHeld.take()
        try await untilAtRest(fixture)
        if order == 0 { #expect(await fixture.told.changes.contains(.scanFinished(root))) }
      }
    }
  }

  /// It is not forgotten because the thread waits for room meanwhile.
  @Test func anOrderWhileTheReaderIsFarBehindIsTaken() async throws {
    let directory = try TemporaryDirectory()
    let watcher = try Watcher(
      roots: [WatchedRoot(path: FilePath(directory.path))], options: WatcherFixture.options)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await watcher.run() }
      // Nobody reads, and every scan tells something.
      for _ in 0..<2 * ChangeQueue.capacity { watcher.rescan() }
      do {
        try await eventually("the queue is full") { watcher.queue.isFull }
        watcher.rescan()
        group.addTask { for await _ in watcher.changes {} }
        try await eventually("all is told", every: .milliseconds(1)) { watcher.isAtRest }
      } catch {
        watcher.stop()
        throw error
      }
      watcher.stop()
      try await group.waitForAll()
    }
    withExtendedLifetime(directory) {}
  }

  /// What the reader has taken counts until it comes back for more.
  @Test func aBatchInTheReadersHandsIsWaitedFor() async throws {
    let queue = ChangeQueue(wake: try WakeSignal())
    #expect(!queue.isAtRest, "nobody reads")
    let (first, second): ([Change], [Change]) = ([.removed("/a")], [.removed("/b")])
    queue.push(first)
    #expect(!queue.isAtRest)
    #expect(await queue.next() == first)
    #expect(!queue.isAtRest, "it has not come back")
    let reader = Task { await queue.next() }
    try await eventually("it comes back") { queue.isAtRest }
    queue.push(second)
    #expect(!queue.isAtRest, "handed over at once")
    #expect(await reader.value == second)
    #expect(!queue.isAtRest)
  }
}
