import Catalogue
import Core
import Logging
import Synchronization
import Threads

/// Gives waiting files to the workers, newest wishes first, and says when nothing is left.
///
/// The catalogue is the queue: what waits there survives a crash, and what is in work here is only
/// remembered in memory. At rest it sleeps until somebody wakes it or a failed file is due again.
actor Scheduler {
  private let catalogue: Catalogue
  private let shelf: IndexShelf
  private let analyser: FileAnalyser
  private let recorder: Recorder
  private let models: ModelKeeper
  private let events: EventHub
  private let statistics: Statistics
  private let logger: Logger
  /// Files in work at once: enough that a worker finds the next one when it ends one, while finished
  /// ones wait for the disk.
  private let capacity: Int

  private var files: Set<FileKey> = []
  private var recordings: Set<RecordingKey> = []
  private var missed = MissedProducts()
  private var lastMissing: [ProductKind: RecordingKey] = [:]
  private var isIdleNow = false
  /// How often somebody said that something may wait, and how much of that was looked at.
  private let wishes = Atomic<Int>(0)
  private var looked = 0
  private var lastProgress: UInt64?
  /// Why files had to wait first; `nil` while all is well.
  private var hindrance: String?
  private var retryTimer: Task<Void, Never>?

  private let signals: AsyncStream<Void>
  private let signal: AsyncStream<Void>.Continuation

  init(
    catalogue: Catalogue, shelf: IndexShelf, analyser: FileAnalyser,
    recorder: Recorder, models: ModelKeeper, events: EventHub, statistics: Statistics,
    workers: Int, logger: Logger
  ) {
    self.catalogue = catalogue
    self.shelf = shelf
    self.analyser = analyser
    self.recorder = recorder
    self.models = models
    self.events = events
    self.statistics = statistics
    self.logger = logger
    capacity = workers * 4
    (signals, signal) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
  }

  /// Something may wait now.
  nonisolated func wake() {
    wishes.add(1, ordering: .sequentiallyConsistent)
    signal.yield()
  }

  /// Whether nothing is in work and nothing waited when last looked, which was after the last ``wake()``.
  var isIdle: Bool {
    isIdleNow && files.isEmpty && recordings.isEmpty
      && looked == wishes.load(ordering: .sequentiallyConsistent)
  }

  /// Gives recordings whose missing product could not be made another chance.
  func retryAll() {
    missed = MissedProducts()
    lastMissing = [:]
    wake()
  }

  /// Works until the task is cancelled.
  func run() async {
    wake()
    await withDiscardingTaskGroup { group in
      for await _ in signals {
        let wished = wishes.load(ordering: .sequentiallyConsistent)
        await fill(&group)
        looked = wished
        if Task.isCancelled { break }
      }
      group.cancelAll()
    }
    retryTimer?.cancel()
  }

  private func fill(_ group: inout DiscardingTaskGroup) async {
    do throws(HarkError) {
      guard !shelf.current.wanted.isEmpty else { return }
      let free = capacity - files.count - recordings.count
      guard free > 0 else { return }
      let items = try await catalogue.nextWork(
        limit: free, excluding: files, now: WallClock.now)
      for item in items {
        files.insert(item.file)
        group.addTask { await self.work(item) }
      }
      var isDone = items.isEmpty
      if items.count < free {
        let started = try await completeProducts(limit: free - items.count, &group)
        isDone = isDone && !started
      }
      guard isDone, files.isEmpty, recordings.isEmpty else {
        isIdleNow = false
        return await tellProgress()
      }
      try await rest()
    } catch {
      logger.error("cannot look for waiting files: \(error)")
      try? await Alarm.sleep(for: .seconds(5))
      wake()
    }
  }

  private func work(_ item: WorkItem) async {
    let finished = await analyser.analyse(item)
    if case .failed(_, let failure) = finished, failure.code == .unavailable {
      // No worker could take it, or the daemon stops: the file is not at fault and goes on waiting.
      await wait(failure)
    } else if !Task.isCancelled {
      goOn()
      await recorder.record(finished)
    }
    files.remove(item.file)
    wake()
  }

  /// Lets some time pass after files could not be analysed through no fault of theirs, and says why.
  private func wait(_ failure: AnalysisFailure) async {
    if !Task.isCancelled {
      statistics.warn(.analysing, "files wait to be analysed: \(failure.message)")
      if hindrance == nil {
        hindrance = failure.message
        logger.warning("files wait to be analysed: \(failure.message)")
      }
    }
    try? await Alarm.sleep(for: .seconds(2))
  }

  private func goOn() {
    guard hindrance != nil else { return }
    hindrance = nil
    statistics.clearWarning(.analysing)
    logger.notice("files are analysed again")
  }

  /// Makes products that visible recordings lack. Returns whether there were any.
  private func completeProducts(
    limit: Int, _ group: inout DiscardingTaskGroup
  ) async throws(HarkError) -> Bool {
    let now = MonotonicClock.now()
    for product in shelf.current.wantedProducts {
      let missing = try await catalogue.missingProducts(
        of: product, limit: limit, after: lastMissing[product],
        excluding: recordings.union(missed.resting(product, now: now)))
      guard let last = missing.last else {
        // Recordings that came back in the meantime may lie before the mark.
        if lastMissing.removeValue(forKey: product) != nil {
          wake()
        } else {
          missed.forgetDue(product, now: now, inWork: recordings)
        }
        continue
      }
      lastMissing[product] = last.recording
      for item in missing {
        recordings.insert(item.recording)
        group.addTask { await self.complete(item, product) }
      }
      return true
    }
    return false
  }

  private func complete(_ missing: MissingProduct, _ product: ProductKind) async {
    let finished = await analyser.complete(missing, product)
    if case .notCompleted(_, let failure) = finished, failure.code == .unavailable {
      await wait(failure)
    } else if case .notCompleted(_, let failure) = finished, !Task.isCancelled {
      logger.notice(
        "not analysed for \(product): \(failure)", metadata: ["file": "\(missing.path.escaped)"])
      missed.add(missing.recording, product, failure, now: MonotonicClock.now())
    } else if !Task.isCancelled {
      goOn()
      missed.remove(missing.recording, product)
      await recorder.record(finished)
    }
    recordings.remove(missing.recording)
    wake()
  }

  /// Nothing waits: switches to an incoming model that is complete, and sleeps.
  private func rest() async throws(HarkError) {
    let failed = shelf.current.incoming.map { missed.givenUp(.embeddings($0)) }
    if try await models.activateIncoming(failed: failed ?? []) { wake() }
    if !isIdleNow {
      isIdleNow = true
      await tellProgress(always: true)
      events.send(.idle, at: WallClock.now)
    }
    retryTimer?.cancel()
    let now = MonotonicClock.now()
    let pauses = [
      try await catalogue.nextRetry(now: WallClock.now),
      missed.nextDue.map { $0 > now ? Double($0 - now) / 1e9 : 0 },
    ]
    guard let pause = pauses.compactMap({ $0 }).min() else { return }
    retryTimer = Task { [signal] in
      try? await Alarm.sleep(for: .seconds(max(0.1, pause)))
      if !Task.isCancelled { signal.yield() }
    }
  }

  private func tellProgress(always: Bool = false) async {
    let now = MonotonicClock.now()
    let isDue = lastProgress.map { now - $0 >= 1_000_000_000 } ?? true
    guard always || isDue, let counts = try? await catalogue.counts() else { return }
    lastProgress = now
    events.send(
      .progress(
        pending: counts.files[.pending] ?? 0, analysed: counts.files[.analysed] ?? 0,
        failed: counts.files[.failed] ?? 0), at: WallClock.now)
  }
}
