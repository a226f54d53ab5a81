import Catalogue
import Core
import Logging
import SystemPackage
import TestSupport
import Testing
import Workers

@testable import Library

@Suite struct SchedulerTests {
  /// A scheduler without workers.
  private func scheduler(_ fixture: LibraryFixture) throws -> Scheduler {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let pool = try WorkerPool(
      configuration: WorkerPoolConfiguration(executable: "/bin/false", models: []), logger: logger)
    let directory = try StateDirectory(path: FilePath(fixture.directory("state").path))
    return Scheduler(
      catalogue: fixture.catalogue, shelf: fixture.shelf,
      analyser: FileAnalyser(catalogue: fixture.catalogue, shelf: fixture.shelf, pool: pool),
      recorder: fixture.recorder,
      models: ModelKeeper(
        catalogue: fixture.catalogue, shelf: fixture.shelf, visibility: fixture.visibility,
        pool: pool, directory: directory, statistics: fixture.statistics, logger: logger),
      events: fixture.hub, statistics: fixture.statistics, workers: 1, logger: logger)
  }

  /// It is not idle from the moment at which it is told that something may wait until that is done.
  @Test func itIsIdleOnlyOnceItHasLooked() async throws {
    let fixture = try await LibraryFixture()
    let scheduler = try scheduler(fixture)
    let working = Task { await scheduler.run() }
    try await eventually("nothing waits") { await scheduler.isIdle }
    for number in 1...20 {
      // Nothing of that name is there to be analysed.
      let path = "/m/\(number).wav"
      try await fixture.observe([path])
      scheduler.wake()
      try await eventually("it has looked", every: .zero) { await scheduler.isIdle }
      #expect(try await fixture.catalogue.file(at: FilePath(path))?.state == .failed)
    }
    working.cancel()
    await working.value
  }
}
