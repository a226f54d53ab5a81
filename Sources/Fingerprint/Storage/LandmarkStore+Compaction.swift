import Core
import MappedFiles

/// The next generation of records, complete on disk, waiting for the catalogue's transaction.
///
/// After the transaction hand it to ``LandmarkStore/adopt(_:)``; if the transaction failed, to
/// ``LandmarkStore/abandon(_:)``. Until one of them is called, the store takes no new recordings.
public struct CompactedLandmarks: Sendable {
  public let generation: Int
  /// Where every recording's record lies now: what the transaction writes.
  public let ranges: RecordingTable<LandmarkRange>
  let file: DataFile
  let end: Int
}

/// Bytes of records, and how many of them nothing refers to.
public struct LandmarkWaste: Hashable, Sendable {
  public var bytes: Int
  public var deadBytes: Int
}

extension LandmarkStore {
  /// Live and dead bytes of the records.
  public var waste: LandmarkWaste {
    let end = writer.withLock { $0.end }
    let live = state.withLock { $0.ranges.values.reduce(0) { $0 + $1.length } }
    let bytes = end - HeaderPage.byteCount
    return LandmarkWaste(bytes: bytes, deadBytes: max(0, bytes - live))
  }

  /// Bytes of runs on disk, and landmarks in memory.
  public var runs: (count: Int, bytes: Int, landmarksInMemory: Int) {
    state.withLock { state in
      let runs = state.parts.compactMap(\.run)
      return (
        runs.count, runs.reduce(0) { $0 + $1.byteCount },
        state.parts.reduce(0) { $0 + ($1.run == nil ? $1.landmarks : 0) }
      )
    }
  }

  /// Writes the next generation of records: the live ones in the order of their keys. Runs stay as
  /// they are, since they name records by checksum. Queries and ``remove(_:)`` go on meanwhile.
  ///
  /// Throws `unavailable` if records were appended and not yet published or another compaction is
  /// under way; `corrupt` if a record is not what was appended, since a copy would hide that; what the
  /// system says. After a throw everything is as before.
  public func compact() throws(HarkError) -> CompactedLandmarks {
    let (file, ranges, generation) = try begin()
    do {
      return try copy(ranges, of: file, generation: generation + 1)
    } catch {
      end()
      throw error
    }
  }

  private func begin() throws(HarkError) -> (DataFile, RecordingTable<LandmarkRange>, Int) {
    try writer.withLock { (writer) throws(HarkError) in
      if let failure = writer.failure { throw failure }
      guard !writer.isCompacting, !writer.isBatchOpen else {
        throw HarkError(
          .unavailable, "landmarks were appended and are not published yet, or are being compacted",
          remedy: "compact after that")
      }
      writer.isCompacting = true
      return state.withLock { state in
        state.removals = []
        return (state.file, state.ranges, state.generation)
      }
    }
  }

  private func end() {
    writer.withLock { writer in
      writer.isCompacting = false
      state.withLock { $0.removals = nil }
    }
  }

  private func copy(
    _ ranges: RecordingTable<LandmarkRange>, of source: DataFile, generation: Int
  ) throws(HarkError) -> CompactedLandmarks {
    let kind = LandmarkFile.records(generation: generation)
    let file = try DataFile.create(
      directory.appending(kind.name(parameters)), header: kind.header(parameters),
      fileSystem: fileSystem)
    var copied: RecordingTable<LandmarkRange> = [:]
    var buffer: [UInt8] = []
    var end = HeaderPage.byteCount
    do {
      for (key, range) in ranges {
        buffer += try source.record(at: range, of: key).prefix(range.length)
        copied[key] = LandmarkRange(
          generation: generation, offset: end, length: range.length, checksum: range.checksum)
        end += range.length
        guard buffer.count >= 1 << 20 else { continue }
        try file.write(buffer, at: end - buffer.count)
        buffer.removeAll(keepingCapacity: true)
      }
      try file.write(buffer, at: end - buffer.count)
      try file.settle()
    } catch {
      file.discard()
      throw error
    }
    do {
      try fileSystem.synchronise(directory: directory)
    } catch {
      // What cannot be removed is overwritten by the next try.
      try? file.unlink()
      throw error
    }
    return CompactedLandmarks(generation: generation, ranges: copied, file: file, end: end)
  }

  /// Lets queries read the compacted generation, after the catalogue's transaction was committed, and
  /// removes the old file.
  ///
  /// Throws `defect` for anything but the one compaction under way, and what the system says about
  /// the removal: then queries read the new generation all the same.
  public func adopt(_ compacted: CompactedLandmarks) throws(HarkError) {
    let old = try writer.withLock { (writer) throws(HarkError) in
      try state.withLock { (state) throws(HarkError) in
        try state.expect(compacted)
        state.ranges = compacted.ranges
        for key in state.removals ?? [] { state.ranges[key] = nil }
        state.generation = compacted.generation
        state.file = compacted.file
        state.removals = nil
      }
      let old = writer.file
      writer = Writer(
        file: compacted.file, generation: compacted.generation, end: compacted.end,
        isDirectorySynchronised: true)
      return old
    }
    try fileSystem.synchronise(directory: directory)
    try old.unlink()
  }

  /// Removes a compacted generation that the catalogue does not refer to. Throws as ``adopt(_:)``
  /// does; queries go on as before in any case.
  public func abandon(_ compacted: CompactedLandmarks) throws(HarkError) {
    try state.withLock { (state) throws(HarkError) in try state.expect(compacted) }
    end()
    try compacted.file.unlink()
  }
}

extension LandmarkStore.State {
  fileprivate func expect(_ compacted: CompactedLandmarks) throws(HarkError) {
    guard removals != nil, compacted.generation == generation + 1 else {
      throw HarkError(
        .defect, "generation \(compacted.generation) is not the compaction under way")
    }
  }
}
