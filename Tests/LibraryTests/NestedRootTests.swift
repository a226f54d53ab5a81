import Catalogue
import Core
import Logging
import SystemPackage
import TestSupport
import Testing
import Watching
import Workers

@testable import Library

/// A root below another root, on a disk of its own that is away.
@Suite struct NestedRootTests {
  @Test func theOuterRootsScanForgetsNothingOfARootThatIsAway() async throws {
    let fixture = try await LibraryFixture()
    let roots = RootStates(
      (["/m", "/m/sub"] as [FilePath]).map {
        SeenRoots.Root(root: WatchedRoot(path: $0), real: $0)
      })
    let (receiver, pool) = try makeReceiver(fixture, roots)
    let (changes, source) = AsyncStream<[Change]>.makeStream()
    let following = Task { await receiver.run(changes) }
    let identity = FileSystemIdentity(type: 1, identifier: 1, isMountPoint: true)
    let scan: [Change] = [.scanStarted("/m"), .writing("/m/a.wav"), .scanFinished("/m")]

    source.yield([.scanStarted("/m"), file("/m/a.wav", 1), file("/m/sub/b.wav", 2)])
    source.yield([.scanFinished("/m"), .rootOffline("/m/sub", reason: "it is empty")] + scan)
    source.yield([file("/m/last.wav", 3)])
    try await eventually("the scan without the disk has ended") {
      try await fixture.catalogue.file(at: "/m/last.wav") != nil
    }
    #expect(try await fixture.catalogue.file(at: "/m/sub/b.wav") != nil)

    // Back, and covered by the outer root, it is as any other folder.
    source.yield([
      .rootOnline("/m/sub", real: "/m/sub", identity: identity), .rootCovered("/m/sub"),
    ])
    source.yield(scan)
    try await eventually("what is gone now is forgotten") {
      try await fixture.catalogue.file(at: "/m/sub/b.wav") == nil
    }
    #expect(try await fixture.catalogue.file(at: "/m/a.wav") != nil)
    source.finish()
    await following.value
    withExtendedLifetime(pool) {}
  }

  /// A disk below the inner root is recorded for that one, and only the outer one's scan comes by it.
  @Test func theOuterRootKnowsWhatWasMountedBelowTheInnerOne() async throws {
    let fixture = try await LibraryFixture()
    let memory = SeenRoots(catalogue: fixture.catalogue)
    let disk = FileSystemIdentity(type: 1, identifier: 0, isMountPoint: true)
    let folder = FileSystemIdentity(type: 1, identifier: 0, isMountPoint: false)
    try await memory.record("/m", root: "/m", real: "/real/m", folder)
    try await memory.record("/m/plain", root: "/m/plain", real: "/real/m/plain", folder)
    try await memory.record("/m/disk", root: "/m/disk", real: "/real/m/disk", disk)
    try await memory.record("/real/m/sub/usb", root: "/m/sub", real: "/real/m/sub/usb", disk)
    try await memory.record("/other/usb", root: "/other", real: "/other/usb", disk)
    let roots = try await memory.watchedRoots(["/m"])
    #expect(roots.map(\.real) == ["/real/m"])
    #expect(roots[0].root.mounts == ["/real/m/disk": disk, "/real/m/sub/usb": disk])
  }

  /// What `hark status` calls a root may lead through a symbolic link; files are known by where they lie.
  @Test func aRootsOwnNameLeadsToItsFiles() {
    let roots = RootStates(
      ([("/m/link", "/real/m"), ("/plain", "/plain")] as [(FilePath, FilePath)]).map {
        SeenRoots.Root(root: WatchedRoot(path: $0.0), real: $0.1)
      })
    #expect(roots.known("/m/link/a/b.wav") == "/real/m/a/b.wav")
    #expect(roots.known("/m/link") == "/real/m")
    for path in ["/m/link2/a", "/m", "/plain/a.wav", "/real/m/a.wav"] as [FilePath] {
      #expect(roots.known(path) == path)
    }
  }

  private func file(_ path: FilePath, _ inode: UInt64) -> Change {
    .found(
      FileObservation(
        path: path, size: 100, modified: 1, device: 1, inode: inode, isReadable: true))
  }

  /// Nothing is analysed: no worker is ever started.
  private func makeReceiver(
    _ fixture: LibraryFixture, _ roots: RootStates
  ) throws -> (ChangeReceiver, WorkerPool) {
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let pool = try WorkerPool(
      configuration: WorkerPoolConfiguration(executable: "/bin/false", models: []), logger: logger)
    let models = ModelKeeper(
      catalogue: fixture.catalogue, shelf: fixture.shelf, visibility: fixture.visibility,
      pool: pool, directory: try StateDirectory(path: FilePath(fixture.directory.path)),
      statistics: fixture.statistics, logger: logger)
    let analyser = FileAnalyser(catalogue: fixture.catalogue, shelf: fixture.shelf, pool: pool)
    let scheduler = Scheduler(
      catalogue: fixture.catalogue, shelf: fixture.shelf, analyser: analyser,
      recorder: fixture.recorder, models: models, events: fixture.hub,
      statistics: fixture.statistics, workers: 1, logger: logger)
    let receiver = ChangeReceiver(
      catalogue: fixture.catalogue, visibility: fixture.visibility, scheduler: scheduler,
      roots: roots, events: fixture.hub, statistics: fixture.statistics, logger: logger)
    return (receiver, pool)
  }
}
