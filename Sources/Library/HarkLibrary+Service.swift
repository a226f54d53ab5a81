import Catalogue
import Core
import Fingerprint
import SystemPackage
import Watching
import Workers

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

extension HarkLibrary: LibraryService {
  public func status() async throws(HarkError) -> LibraryStatus {
    // What was in a folder before this question is told and written down, if the watcher is at rest: so
    // this comes before the counts. A file is in work until it can be found, for which it must count as
    // analysed: so the scheduler comes after them.
    let isTold = watcher.isAtRest && !roots.isScanning
    let counts = try await catalogue.counts()
    let isQuiet = await scheduler.isIdle
    let contents = shelf.current
    let since = statistics.counts
    var files = LibraryStatus.FileCounts()
    files.pending = counts.files[.pending] ?? 0
    files.analysed = counts.files[.analysed] ?? 0
    files.failed = counts.files[.failed] ?? 0
    files.skipped = counts.files[.skipped] ?? 0
    files.offline = counts.files[.offline] ?? 0
    let models = try await catalogue.models().map { model in
      LibraryStatus.Model(
        info: model.info, role: LibraryStatus.Model.Role(rawValue: model.role.rawValue) ?? .kept,
        precision: contents.loaded[model.id]?.precision,
        recordings: counts.products[model.id]?.recordings ?? 0,
        segments: counts.products[model.id]?.segments ?? 0)
    }
    let watching = watcher.statistics
    return LibraryStatus(
      version: HarkVersion.current, pid: getpid(), started: statistics.started,
      stateDirectory: statistics.stateDirectory, roots: roots.all, files: files,
      recordings: counts.recordings, duration: counts.duration, models: models,
      workers: pool.status.map(LibraryStatus.Worker.init), analysedSinceStart: since.analysed,
      secondsSinceStart: since.seconds,
      isIdle: isTold && files.pending == 0 && isQuiet,
      sandbox: contents.sandbox,
      warnings: statistics.warnings
        + [Self.growing(watching), Self.noWorker(pool.startFailures)].compactMap { $0 })
  }

  private static func noWorker(_ failures: [Lane: HarkError]) -> String? {
    // That of the backlog says it all: those for queries are made the same way.
    guard let error = failures[.backlog] ?? failures.values.first else { return nil }
    let lane = failures[.backlog] == nil ? "to analyse queries" : "to analyse files"
    return "no worker \(lane) starts, which is tried again and again: \(error)"
  }

  private static func growing(_ watching: WatchingStatistics) -> String? {
    guard let file = watching.growingFile else { return nil }
    let others = watching.growing > 1 ? " and \(watching.growing - 1) more" : ""
    return "\(file.escaped)\(others) is still being written, and is analysed once it rests"
  }

  public func files(_ query: FileQuery) async throws(HarkError) -> Page<FileEntry, FilePath> {
    var query = query
    query.under = query.under.map(roots.known)
    return try await catalogue.files(query)
  }

  public func file(at path: FilePath) async throws(HarkError) -> FileEntry {
    if let entry = try await catalogue.file(at: path) { return entry }
    if let entry = try await catalogue.file(at: roots.known(path)) { return entry }
    let isInside = roots.realPaths.contains { path.isAtOrBelow($0) }
    throw HarkError(
      .notFound, "the library holds no file \(path.escaped)",
      remedy: isInside
        ? "if it is there and is audio, run `hark rescan`"
        : "it lies in none of the watched folders, which `hark status` names")
  }

  public func recordings(
    _ query: RecordingQuery
  ) async throws(HarkError) -> Page<RecordingEntry, RecordingKey> {
    try await catalogue.recordings(query)
  }

  public func recording(_ id: RecordingID) async throws(HarkError) -> RecordingEntry {
    if let entry = try await catalogue.recording(id) { return entry }
    throw HarkError(
      .notFound, "the library holds no recording \(id)",
      remedy: "see `hark list` for what it holds")
  }

  public func similar(_ query: SimilarQuery) async throws(HarkError) -> SimilarAnswer {
    let answer = try await search.answer(query)
    await mendDamagedRows()
    return answer
  }

  /// Has the embeddings made again that a query found damaged, and hid.
  private func mendDamagedRows() async {
    for (model, index) in shelf.current.indexes {
      let damaged = index.takeDamaged()
      guard !damaged.isEmpty else { continue }
      logger.error(
        "the embeddings of \(damaged.count) recordings are damaged on disk and are made again")
      do throws(HarkError) {
        try await catalogue.forgetEmbeddings(of: damaged, model: model)
        scheduler.wake()
      } catch {
        logger.error("they stay hidden until harkd is restarted: \(error)")
      }
    }
  }

  public func tags(of source: Seed.Source) async throws(HarkError) -> TagAnswer {
    try await tagSearch.answer(source)
  }

  public func identify(_ query: IdentifyQuery) async throws(HarkError) -> IdentifyAnswer {
    try await identification.answer(query)
  }

  public func duplicates(
    waitingAtMost seconds: Double?
  ) async throws(HarkError) -> DuplicateAnswer {
    try await duplicateKeeper.answer(waitingAtMost: seconds)
  }

  public func listen(to descriptor: FileDescriptor) async throws(AnalysisFailure) -> Analysis {
    try await pool.analyse(
      descriptor, request: AnalysisRequest(models: [], constellation: .query), lane: .query,
      name: "a query's audio")
  }

  public func analyse(_ descriptor: FileDescriptor) async throws(AnalysisFailure) -> Analysis {
    guard let model = shelf.current.active else {
      throw AnalysisFailure(.unavailable, "the library is starting; ask again in a moment")
    }
    guard shelf.current.loaded[model] != nil else {
      throw AnalysisFailure(
        .unavailable,
        "the model that answers is no longer at hand to hear new audio; wait until the new one has "
          + "caught up")
    }
    return try await pool.analyse(
      descriptor, request: AnalysisRequest(models: [model]), lane: .query, name: "a query's audio")
  }

  public func rescan(
    under directory: FilePath?, adopting isAdopting: Bool
  ) async throws(HarkError) {
    let directory = directory.map(roots.known)
    if let directory {
      let isWatched = roots.realPaths.contains {
        directory.isAtOrBelow($0) || $0.isAtOrBelow(directory)
      }
      guard isWatched else {
        throw HarkError(
          .notFound, "\(directory.escaped) lies in none of the watched folders",
          remedy: "`hark status` names them; add it with --watch or in hark.yaml")
      }
    }
    _ = try await catalogue.retryFailures(below: directory)
    await scheduler.retryAll()
    watcher.rescan(under: directory, adopting: isAdopting)
  }

  public func forget(_ path: FilePath) async throws(HarkError) {
    let isKnown = try await catalogue.file(at: path) != nil
    let path = isKnown ? path : roots.known(path)
    let touched = try await catalogue.forget(path, now: WallClock.now)
    await visibility.refresh(touched)
    hub.send(.removed(path), at: WallClock.now)
    // A file that is still there is found again, and analysed afresh.
    watcher.rescan(under: path.removingLastComponent())
  }

  public func backup() async throws(HarkError) -> LibraryBackup {
    guard shelf.current.landmarks != nil else { throw LandmarkStore.notOpened }
    return try await recorder.openBackup(
      StateCopying(catalogue: catalogue, directory: statistics.stateDirectory))
  }

  public func events() -> AsyncStream<LibraryEvent> { hub.events() }
}

extension LibraryStatus.Worker {
  init(_ worker: WorkerStatus) {
    self.init(
      pid: worker.pid ?? 0, lane: worker.lane.rawValue, state: worker.state.rawValue,
      file: worker.file, seconds: worker.file == nil ? nil : worker.seconds,
      restarts: worker.restarts)
  }
}
