import Catalogue
import Core
import Fingerprint
import Threads
import VectorIndex

/// What happens to the files between two batches: backups are opened, and waste is given back.
extension Recorder {
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
      // Between batches no row is on its way to the catalogue: what it does not refer to is waste.
      let compacted = try await disk.run { () throws(HarkError) in
        try index.compact(keeping: stored.rows)
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
}
