import Catalogue
import Core
import Logging
import SystemPackage
import TestSupport
import Testing
import Watching
import Workers

@testable import Library

@Suite(.enabled(if: SmallDisk.isAllowed, "needs the right to mount file systems"))
struct ChangeReceiverTests {
  /// What a scan saw is not forgotten while it cannot be written down: otherwise the files that are gone
  /// would stay, and the scan would never end.
  @Test func aScanThatEndsOnAFullDiskEndsOnceThereIsRoom() async throws {
    let directory = try TemporaryDirectory()
    let disk = try SmallDisk(directory("state"), megabytes: 16)
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let state = try StateDirectory(path: FilePath(directory("state").path))
    let catalogue = try Catalogue(path: state.catalogue)
    let (shelf, hub) = (IndexShelf(), EventHub())
    let statistics = Statistics(stateDirectory: state.path)
    let roots = RootStates([SeenRoots.Root(root: WatchedRoot(path: "/m"), real: "/m")])
    let visibility = VisibilityKeeper(catalogue: catalogue, shelf: shelf, logger: logger)
    // Nothing is analysed: no worker is ever started.
    let pool = try WorkerPool(
      configuration: WorkerPoolConfiguration(executable: "/bin/false", models: []), logger: logger)
    let recorder = Recorder(
      catalogue: catalogue, shelf: shelf, visibility: visibility, events: hub,
      statistics: statistics, logger: logger)
    let models = ModelKeeper(
      catalogue: catalogue, shelf: shelf, visibility: visibility, pool: pool, directory: state,
      statistics: statistics, logger: logger)
    let scheduler = Scheduler(
      catalogue: catalogue, shelf: shelf,
      analyser: FileAnalyser(catalogue: catalogue, shelf: shelf, pool: pool), recorder: recorder,
      models: models, events: hub, statistics: statistics, workers: 1, logger: logger)
    let receiver = ChangeReceiver(
      catalogue: catalogue, visibility: visibility, scheduler: scheduler, roots: roots,
      events: hub, statistics: statistics, logger: logger)
    let (changes, source) = AsyncStream<[Change]>.makeStream()
    let following = Task { await receiver.run(changes) }
    func file(_ name: String, _ inode: UInt64) -> Change {
      .found(
        FileObservation(
          path: FilePath("/m/\(name)"), size: 100, modified: 1, device: 1, inode: inode,
          isReadable: true))
    }
    source.yield([.scanStarted("/m"), file("a.wav", 1), file("b.wav", 2), .scanFinished("/m")])
    try await eventually("the first scan ends") { !roots.isScanning }
    #expect(try await catalogue.file(at: "/m/b.wav") != nil)

    try disk.fill(leaving: 0)
    source.yield([.scanStarted("/m"), .writing("/m/a.wav"), .scanFinished("/m")])
    try await eventually("trouble is told") { !statistics.warnings.isEmpty }
    #expect(roots.isScanning)
    disk.empty()
    try await eventually("the second scan ends") { !roots.isScanning }
    #expect(try await catalogue.file(at: "/m/a.wav") != nil)
    #expect(try await catalogue.file(at: "/m/b.wav") == nil)
    try await eventually("the warning goes") { statistics.warnings.isEmpty }
    following.cancel()
    source.finish()
    await following.value
    try catalogue.close()
    withExtendedLifetime(disk) {}
  }
}
