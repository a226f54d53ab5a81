import Catalogue
import Core
import Fingerprint
import Logging
import Synchronization
import SystemPackage
import Threads
import VectorIndex

/// Makes analyses last, in the order that a power cut cannot break: rows are appended, fsynced, then
/// one transaction refers to them, then queries see them.
///
/// While one batch waits for the disk the next one gathers, so a thousand short samples cost a few
/// fsyncs and not a thousand.
actor Recorder {
  let catalogue: Catalogue
  let shelf: IndexShelf
  let visibility: VisibilityKeeper
  private let events: EventHub
  private let statistics: Statistics
  let logger: Logger
  let disk = BlockingWork(isSerial: true)
  private let merging = BlockingWork(isSerial: true)

  private typealias Entry = (finished: FinishedAnalysis, done: CheckedContinuation<Void, Never>)

  private var waiting: [Entry] = []
  /// Whether the files are somebody's: a batch's, or that of whoever works between two.
  private var isWriting = false
  private var pauses: [CheckedContinuation<Void, Never>] = []
  /// Why the last batch could not be written; `nil` while all is well.
  private var trouble: String?
  /// The wait before the next try.
  private var rest: Task<Void, Never>?
  private var isStopping = false

  /// At most this many analyses share one transaction.
  private static let batchSize = 256

  init(
    catalogue: Catalogue, shelf: IndexShelf, visibility: VisibilityKeeper,
    events: EventHub, statistics: Statistics, logger: Logger
  ) {
    self.catalogue = catalogue
    self.shelf = shelf
    self.visibility = visibility
    self.events = events
    self.statistics = statistics
    self.logger = logger
  }

  /// Records one analysis. When it returns, it is on the disk and queries see it; or else it could
  /// not be written, which is logged, and the file still waits in the catalogue.
  ///
  /// While the disk takes nothing it waits, so that nothing is analysed twice for want of room;
  /// cancelling ends that.
  func record(_ finished: FinishedAnalysis) async {
    await withTaskCancellationHandler {
      await withCheckedContinuation { done in
        waiting.append((finished, done))
        guard !isWriting else { return }
        isWriting = true
        Task { await writeAll() }
      }
    } onCancel: {
      Task { await stop() }
    }
  }

  /// From now on what cannot be written is given up.
  private func stop() {
    isStopping = true
    rest?.cancel()
  }

  private func writeAll() async {
    while !waiting.isEmpty, pauses.isEmpty {
      let batch = Array(waiting.prefix(Self.batchSize))
      waiting.removeFirst(batch.count)
      do throws(HarkError) {
        try await write(batch.map(\.finished))
        if trouble != nil { logger.notice("analyses are recorded again") }
        trouble = nil
        statistics.clearWarning(.writing)
      } catch {
        let isNews = tell(error, batch.count)
        await reopenIndexes(failures: isNews ? .error : .debug)
        // Whatever is wrong with the disk will not be right in a moment.
        if !isStopping { await pause(seconds: 5) }
        if !isStopping, error.isOfTheMoment {
          waiting.insert(contentsOf: batch, at: 0)
          continue
        }
      }
      for entry in batch { entry.done.resume() }
    }
    handOver()
  }

  /// Says it once, however often it is tried again. Whether it is news.
  private func tell(_ error: HarkError, _ count: Int) -> Bool {
    statistics.warn(.writing, "analyses cannot be recorded: \(error)")
    guard trouble != error.description else { return false }
    trouble = error.description
    let next = error.isOfTheMoment ? "which is tried again" : "which are made again"
    logger.error("cannot record \(count) analyses, \(next): \(error)")
    return true
  }

  private func pause(seconds: Double) async {
    let rest = Task<Void, Never> { try? await Alarm.sleep(for: .seconds(seconds)) }
    self.rest = rest
    await rest.value
  }

  /// Gives the files to whoever waits for them.
  private func handOver() {
    if !pauses.isEmpty {
      pauses.removeFirst().resume()
    } else if !waiting.isEmpty {
      Task { await writeAll() }
    } else {
      isWriting = false
    }
  }

  private func write(_ batch: [FinishedAnalysis]) async throws(HarkError) {
    let indexes = shelf.current.indexes
    let landmarks = LandmarkBatch(shelf.current.landmarks)
    let outcomes = try await disk.run { () throws(HarkError) in
      let ranges = try landmarks.append(batch)
      var outcomes: [AnalysisOutcome] = []
      for (finished, range) in zip(batch, ranges) {
        outcomes += try Self.append(
          finished, range, to: indexes, decoder: self.shelf.current.decoder)
      }
      for index in indexes.values { try index.synchronise() }
      return outcomes
    }
    let now = WallClock.now
    let change = try await catalogue.record(outcomes, now: now)
    try await landmarks.publish(outcomes, change.outcomes, on: disk)
    await visibility.refresh(change.touched)
    upkeep(of: shelf.current.landmarks)
    for (recorded, outcome) in zip(change.outcomes, outcomes) {
      tell(recorded, outcome, at: now)
    }
  }

  private static func append(
    _ finished: FinishedAnalysis, _ landmarks: NewProduct?, to indexes: [ModelID: ModelIndex],
    decoder: String?
  ) throws(HarkError) -> [AnalysisOutcome] {
    func products(_ analysis: Analysis) throws(HarkError) -> [NewProduct] {
      var products = [landmarks].compactMap { $0 }
      for product in analysis.embeddings {
        // A model that was dropped while the worker was busy needs no rows.
        guard let index = indexes[product.model] else { continue }
        products.append(
          .embeddings(
            NewEmbeddings(
              model: product.model, precision: product.precision, isShort: product.isShort,
              rows: try index.append(pooled: product.pooled, segments: product.segments))))
      }
      return products
    }
    switch finished {
    case .analysed(let item, let analysis):
      return [.analysed(item, analysis, try products(analysis))]
    case .known(let item, let analysis): return [.known(item, analysis)]
    case .failed(let item, let failure): return [.failed(item, failure, decoder: decoder)]
    case .completed(let missing, let analysis):
      return [.completed(missing, analysis, try products(analysis))]
    case .notCompleted: return []
    }
  }

  /// Runs are written and merged in the background, while queries and appends go on.
  private func upkeep(of landmarks: LandmarkStore?) {
    guard let landmarks else { return }
    merging.perform { [logger] in landmarks.maintain(logger) }
  }

  private func tell(_ recorded: RecordedOutcome, _ outcome: AnalysisOutcome, at now: Double) {
    switch recorded.kind {
    case .analysed(let id, let isNew):
      if case .analysed(_, let analysis, _) = outcome {
        statistics.countAnalysed(seconds: analysis.facts.duration)
      } else {
        statistics.countAnalysed(seconds: 0)
      }
      events.send(.analysed(recorded.path, id, isNew: isNew), at: now)
    case .failed(let failure):
      guard !failure.isSkipped(fileAt: recorded.path) else { return }
      logger.notice("not analysed: \(failure)", metadata: ["file": "\(recorded.path.escaped)"])
      events.send(.failed(recorded.path, failure), at: now)
    case .completed, .stale: break
    }
  }

  /// Runs `body` while nothing is written; what comes meanwhile is written afterwards.
  func betweenBatches(
    _ body: () async -> Result<Void, HarkError>
  ) async throws(HarkError) {
    if isWriting {
      await withCheckedContinuation { pauses.append($0) }
    } else {
      isWriting = true
    }
    let result = await body()
    handOver()
    try result.get()
  }

  /// After a failed write an index may refuse more. Opened anew from what the catalogue refers to, it
  /// is whole again. The landmarks are the same store, which may be merging its runs meanwhile.
  func reopenIndexes(failures level: Logger.Level) async {
    for model in shelf.current.indexes.keys {
      do throws(HarkError) {
        try await visibility.exclusively {
          [catalogue, shelf, directory = statistics.stateDirectory] () async throws(HarkError) in
          guard let old = shelf.current.indexes[model] else { return }
          let index = try await IndexOpening(catalogue: catalogue).open(
            model, in: directory, replacing: old)
          // A model that was dropped meanwhile stays dropped.
          shelf.update { $0.indexes[model] = $0.indexes[model].map { _ in index } }
        }.get()
      } catch {
        logger.log(level: level, "cannot open the index of model \(model.short) again: \(error)")
      }
    }
    guard let landmarks = shelf.current.landmarks else { return }
    do throws(HarkError) {
      try await disk.run { () throws(HarkError) in try landmarks.recover() }
    } catch {
      logger.log(level: level, "the landmarks cannot be written yet: \(error)")
    }
  }
}

extension HarkError {
  /// Whether the disk or the system is at fault and not what was to be written, so that the same may
  /// succeed later.
  fileprivate var isOfTheMoment: Bool {
    [.noSpace, .permissionDenied, .system, .locked, .unavailable].contains(code)
  }
}
