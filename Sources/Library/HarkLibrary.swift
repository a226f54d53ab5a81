import Catalogue
import Core
import Fingerprint
import Logging
import ServiceLifecycle
import SystemPackage
import VectorIndex
import Watching
import Workers

/// The library: it watches folders, has their files analysed, keeps what comes of it, and answers
/// queries. It joins the rooms that stand before it; what each of them does it leaves to them.
///
///     Watcher ─▶ ChangeReceiver ─▶ Catalogue ◀─ Scheduler ─▶ WorkerPool
///                                      ▲                          │
///              queries ─▶ IndexShelf ◀─┴──────── Recorder ◀───────┘
public final class HarkLibrary: Service {
  let catalogue: Catalogue
  let shelf = IndexShelf()
  let hub = EventHub()
  let statistics: Statistics
  let watcher: Watcher
  let pool: WorkerPool
  let roots: RootStates
  let scheduler: Scheduler
  let search: SimilarSearch
  let tagSearch: TagSearch
  let identification: IdentifySearch
  let duplicateKeeper: DuplicateKeeper
  let visibility: VisibilityKeeper
  let models: ModelKeeper
  let logger: Logger
  private let directory: StateDirectory
  private let receiver: ChangeReceiver
  let recorder: Recorder
  private let maintenance: Maintenance
  private let modelFiles: [FilePath]
  private let readiness = Readiness()

  /// Takes the state directory's lock, opens the catalogue and prepares everything; nothing runs yet.
  ///
  /// Throws `locked` if another daemon owns the directory, `newerVersion` or `corrupt` for its
  /// contents, `notFound` without a model.
  public init(configuration: LibraryConfiguration, logger: Logger) async throws(HarkError) {
    self.logger = logger
    directory = try StateDirectory(path: configuration.state)
    StateCopying.removeLeftover(in: configuration.state)
    if try StateRestore.removeLeftover(in: directory) {
      let directory = configuration.state.escaped
      logger.warning(
        """
        a restore into \(directory) was not finished, and harkd begins with an empty library; to have \
        the backup, stop harkd, remove that directory and restore again
        """)
    }
    catalogue = try Catalogue(path: directory.catalogue)
    statistics = Statistics(stateDirectory: configuration.state)
    modelFiles = try await ModelKeeper.files(
      wanted: configuration.model, catalogue: catalogue, directory: directory)
    var workers = configuration.workers
    workers.models = modelFiles
    pool = try WorkerPool(configuration: workers, logger: logger)
    visibility = VisibilityKeeper(catalogue: catalogue, shelf: shelf, logger: logger)
    models = ModelKeeper(
      catalogue: catalogue, shelf: shelf, visibility: visibility, pool: pool,
      directory: directory, statistics: statistics, logger: logger)
    recorder = Recorder(
      catalogue: catalogue, shelf: shelf, visibility: visibility, events: hub,
      statistics: statistics, logger: logger)
    scheduler = Scheduler(
      catalogue: catalogue, shelf: shelf,
      analyser: FileAnalyser(catalogue: catalogue, shelf: shelf, pool: pool),
      recorder: recorder, models: models, events: hub, statistics: statistics,
      workers: workers.backlogWorkers, logger: logger)
    let seen = SeenRoots(catalogue: catalogue)
    let watched = try await seen.watchedRoots(configuration.roots)
    // Before any index is opened, so nothing needs to be told.
    _ = try await catalogue.setOffline(outside: watched.map(\.real), now: WallClock.now)
    roots = RootStates(watched)
    watcher = try Watcher(
      roots: watched.map(\.root), options: WatchingOptions(settle: configuration.settle),
      logger: logger)
    receiver = ChangeReceiver(
      catalogue: catalogue, visibility: visibility, scheduler: scheduler, roots: roots,
      events: hub, statistics: statistics, logger: logger)
    maintenance = Maintenance(
      catalogue: catalogue, shelf: shelf, visibility: visibility, recorder: recorder,
      logger: logger)
    search = SimilarSearch(catalogue: catalogue, shelf: shelf)
    tagSearch = TagSearch(catalogue: catalogue, shelf: shelf)
    identification = IdentifySearch(catalogue: catalogue, shelf: shelf)
    duplicateKeeper = DuplicateKeeper(catalogue: catalogue, shelf: shelf)
  }

  /// Runs until the service group shuts down or the task is cancelled. Analyses that are not recorded
  /// by then are made again at the next start.
  public func run() async throws {
    defer {
      hub.finish()
      readiness.fail()
    }
    try await cancelWhenGracefulShutdown { [self] in
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { try await self.pool.run() }
        // A large library's take a while, and other cores are free.
        async let landmarks = LandmarkOpening(
          catalogue: catalogue, directory: directory.path, logger: logger
        ).open(FingerprintParameters())
        try await models.start(files: modelFiles)
        let opened = try await landmarks
        shelf.update { $0.landmarks = opened }
        readiness.succeed()
        group.addTask { await self.receiver.run(self.watcher.changes) }
        group.addTask { try await self.watcher.run() }
        group.addTask { await self.scheduler.run() }
        group.addTask { await self.maintenance.run() }
        // Each of them runs for ever: when one ends, so does the library.
        let end = await group.nextResult()
        group.cancelAll()
        await duplicateKeeper.stop()
        try end?.get()
      }
    }
  }

  /// Waits until queries can be answered. Throws `unavailable` if it never comes to that.
  public func waitUntilReady() async throws(HarkError) { try await readiness.wait() }

  /// Closes the catalogue after ``run()`` has returned, so that its file alone holds everything.
  public func close() throws(HarkError) { try catalogue.close() }

  /// Watches `paths`, absolute directories, and nothing else from now on. A new root is scanned; the
  /// files of one that is missing are kept, offline. Returns before the scan has begun.
  public func watch(_ paths: [FilePath]) async throws(HarkError) {
    let watched = try await SeenRoots(catalogue: catalogue).watchedRoots(paths)
    roots.replace(with: watched)
    watcher.watch(watched.map(\.root))
  }

  /// Whether the model in `file` is the one that was chosen last, and nothing is wrong with it. Another
  /// file under the same path is not. Complexity: O(size).
  public func holdsModel(in file: FilePath) async throws(HarkError) -> Bool {
    try await models.holds(file)
  }

  /// Changes to another model while the library runs. Throws, and changes nothing, if the file cannot
  /// be loaded.
  public func replaceModel(with file: FilePath) async throws(HarkError) {
    try await models.replace(with: file)
    scheduler.wake()
  }
}
