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
  private let catalogue: Catalogue
  private let shelf: IndexShelf
  private let visibility: VisibilityKeeper
  private let events: EventHub
  private let statistics: Statistics
  private let logger: Logger
  private let disk = BlockingWork(isSerial: true)
  private let merging = BlockingWork(isSerial: true)

  private var waiting: [(finished: FinishedAnalysis, done: CheckedContinuation<Void, Never>)] = []
  /// Whether the files are somebody's: a batch's, or that of whoever works between two.
  private var isWriting = false
  private var pauses: [CheckedContinuation<Void, Never>] = []

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
  func record(_ finished: FinishedAnalysis) async {
    await withCheckedContinuation { done in
      waiting.append((finished, done))
      guard !isWriting else { return }
      isWriting = true
      Task { await writeAll() }
    }
  }

  private func writeAll() async {
    while !waiting.isEmpty, pauses.isEmpty {
      let batch = Array(waiting.prefix(Self.batchSize))
      waiting.removeFirst(batch.count)
      do throws(HarkError) {
        try await write(batch.map(\.finished))
        statistics.clearWarning(.writing)
      } catch {
        logger.error("cannot record \(batch.count) analyses, which are made again: \(error)")
        statistics.warn(.writing, "analyses cannot be recorded: \(error)")
        await reopenIndexes()
        // Whatever is wrong with the disk will not be right in a moment.
        try? await Alarm.sleep(for: .seconds(5))
      }
      for entry in batch { entry.done.resume() }
    }
    handOver()
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
      logger.notice("\(recorded.path.escaped): \(failure)")
      events.send(.failed(recorded.path, failure), at: now)
    case .completed, .stale: break
    }
  }

  /// Opens a backup of everything that is committed now. Nothing is recorded until it is open; while it
  /// is read, everything goes on.
  func openBackup(_ copying: StateCopying) async throws(HarkError) -> LibraryBackup {
    var backup: Result<LibraryBackup, HarkError> = .failure(
      HarkError(.defect, "no backup was made"))
    try await betweenBatches {
      do throws(HarkError) {
        backup = .success(try await copying.open())
      } catch {
        backup = .failure(error)
      }
      return .success(())
    }
    return try backup.get()
  }

  /// Compacts a model's index if a quarter of its rows, and a megabyte, belong to nothing any more.
  ///
  /// Nothing is appended, shown or hidden meanwhile; queries go on. Recordings that are only hidden,
  /// because their disk is away, keep their rows.
  func compactIfWasteful(_ model: ModelID) async throws(HarkError) {
    try await betweenBatches {
      guard let index = shelf.current.indexes[model] else { return .success(()) }
      return await compact(index, of: model)
    }
  }

  /// Compacts the landmarks' records if a quarter of them, and a megabyte, belong to nothing any more.
  func compactLandmarksIfWasteful() async throws(HarkError) {
    try await betweenBatches {
      guard let store = shelf.current.landmarks else { return .success(()) }
      return await compact(store)
    }
  }

  /// Runs `body` while nothing is written; what comes meanwhile is written afterwards.
  private func betweenBatches(
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

  /// Whether so many bytes that belong to nothing are worth a compaction.
  private static func isWasteful(unused: Int, of bytes: Int) -> Bool {
    unused > 1 << 20 && unused * 4 > bytes
  }

  private func compact(_ store: LandmarkStore) async -> Result<Void, HarkError> {
    await visibility.exclusively { [catalogue, disk, logger] () async throws(HarkError) in
      let waste = store.waste
      guard Self.isWasteful(unused: waste.deadBytes, of: waste.bytes) else { return }
      let compacted = try await disk.run { () throws(HarkError) in try store.compact() }
      do throws(HarkError) {
        try await catalogue.adoptLandmarkGeneration(
          compacted.generation, version: store.parameters.version, ranges: compacted.ranges)
      } catch {
        _ = try? await disk.run { () throws(HarkError) in try store.abandon(compacted) }
        throw error
      }
      try await disk.run { () throws(HarkError) in try store.adopt(compacted) }
      logger.notice("compacted the landmarks: \(waste.deadBytes) bytes are free")
    }
  }

  private func compact(_ index: ModelIndex, of model: ModelID) async -> Result<Void, HarkError> {
    await visibility.exclusively { [catalogue, disk, logger] () async throws(HarkError) in
      let stored = try await catalogue.storedRows(of: model)
      let waste = index.waste
      let segments = stored.rows.reduce(0) { $0 + $1.segments.count }
      var unreferred = waste
      unreferred.liveRecordings = 0
      unreferred.liveSegments = 0
      unreferred.deadRecordings += waste.liveRecordings - stored.rows.count
      unreferred.deadSegments += waste.liveSegments - segments
      let unused = unreferred.bytes
      guard Self.isWasteful(unused: unused, of: waste.bytes) else { return }
      let hidden = stored.rows.filter { !index.contains($0.key) }
      let compacted = try await disk.run { () throws(HarkError) in
        for row in hidden {
          try index.publish(
            key: row.key, rows: AppendedRows(pooled: row.pooled, segments: row.segments))
        }
        let compacted = try index.compact()
        for row in hidden { index.remove(key: row.key) }
        return compacted
      }
      do throws(HarkError) {
        try await catalogue.adoptGeneration(
          compacted.generation, of: model, rows: compacted.rows)
      } catch {
        _ = try? await disk.run { () throws(HarkError) in try index.abandon(compacted) }
        throw error
      }
      try await disk.run { () throws(HarkError) in try index.adopt(compacted) }
      logger.notice("compacted the index of model \(model.short): \(unused) bytes are free")
    }
  }

  /// After a failed write an index may refuse more. Opened anew from what the catalogue refers to, it
  /// is whole again. The landmarks are the same store, which may be merging its runs meanwhile.
  private func reopenIndexes() async {
    let contents = shelf.current
    for model in contents.indexes.keys {
      do throws(HarkError) {
        let index = try await IndexOpening(catalogue: catalogue).open(
          model, in: statistics.stateDirectory, replacing: contents.indexes[model])
        shelf.update { $0.indexes[model] = index }
      } catch {
        logger.error("cannot open the index of model \(model.short) again: \(error)")
      }
    }
    guard let landmarks = contents.landmarks else { return }
    do throws(HarkError) {
      try await disk.run { () throws(HarkError) in try landmarks.recover() }
    } catch {
      logger.error("the landmarks cannot be written yet: \(error)")
    }
  }
}
