import Core
import SystemPackage

/// The next generation's files, complete on disk, waiting for the catalogue's transaction.
///
/// After the transaction hand it to ``ModelIndex/adopt(_:)``; if the transaction failed, to
/// ``ModelIndex/abandon(_:)``. Until one of them is called, the index takes no new rows.
public struct CompactedIndex: Sendable {
  public let generation: Int
  /// Where every recording's rows lie now: what the transaction writes. A recording that was
  /// removed meanwhile is still among them, and its rows are dead on arrival.
  public let rows: [StoredRows]
  /// Those of ``rows`` that no query sees when the generation is adopted.
  let hidden: [RecordingKey]
  let recordings: MappedRows
  let segments: MappedRows
  let segmentRows: Int
}

extension ModelIndex {
  /// Writes the next generation: the live rows in the order of their keys, and nothing else.
  /// Queries, and ``remove(key:)``, go on meanwhile.
  ///
  /// - Parameter referred: every row that the catalogue refers to. Those that queries do not see are
  ///   kept, and go on unseen; whatever else was appended is left out, so nobody may be on the way
  ///   between ``append(pooled:segments:)`` and the transaction. Without it only what queries see is
  ///   kept.
  ///
  /// Throws `unavailable` if another compaction is under way or, without `referred`, if rows were
  /// appended and not yet published; `corrupt` if a row's bytes are not what was appended, since a copy
  /// would hide that, or if `referred` contradicts itself or what is published; what the system says.
  /// After a throw everything is as before.
  public func compact(keeping referred: [StoredRows]? = nil) throws(HarkError) -> CompactedIndex {
    let (snapshot, places) = try beginCompaction(takesUnpublished: referred != nil)
    do {
      let hidden = (referred ?? []).filter { places[$0.key] == nil }
      let layout = try SlotLayout(
        snapshot.liveRows() + hidden, generation: snapshot.generation, directory: directory)
      return try copy(layout, hiding: hidden.map(\.key), of: snapshot)
    } catch {
      endCompaction()
      throw error
    }
  }

  /// Lets queries read the compacted generation, after the catalogue's transaction was committed,
  /// and removes the old files; queries in flight finish on those.
  ///
  /// Throws `defect` for anything but the one compaction under way, and what the system says about
  /// the removal: then queries read the new generation all the same, and old files are left over.
  public func adopt(_ compacted: CompactedIndex) throws(HarkError) {
    // The table is built before the lock is taken: queries do not wait for it.
    var next = IndexState(
      Snapshot(
        generation: compacted.generation, slots: SlotTable(), recordings: compacted.recordings,
        segments: compacted.segments, segmentRows: compacted.segmentRows),
      rows: compacted.rows)
    for key in compacted.hidden { next.remove(key) }
    let old = try writer.withLock { (writer) throws(HarkError) in
      try state.withLock { (state) throws(HarkError) in
        try state.expect(compacted)
        for key in state.removals ?? [] { next.remove(key) }
        swap(&state, &next)
      }
      let old = [writer.recordings, writer.segments]
      writer = Writer(
        recordings: compacted.recordings.file, segments: compacted.segments.file,
        recordingRows: compacted.rows.count, segmentRows: compacted.segmentRows,
        isDirectorySynchronised: true)
      return old
    }
    // The new names are on disk since `compact`; this covers a directory that changed since.
    try fileSystem.synchronise(directory: directory)
    for file in old { try file.unlink() }
    // Queries that still read them have them open. If they stay, they are a leftover at the next start.
    for sketched in Sketched.allCases {
      try? next.snapshot[sketched]?.chunks.file.unlink()
    }
    sketchRows()
  }

  /// Removes a compacted generation that the catalogue does not refer to. Throws as
  /// ``adopt(_:)`` does; queries go on as before in any case.
  public func abandon(_ compacted: CompactedIndex) throws(HarkError) {
    try state.withLock { (state) throws(HarkError) in try state.expect(compacted) }
    endCompaction()
    try compacted.recordings.file.unlink()
    try compacted.segments.file.unlink()
  }

  private func beginCompaction(
    takesUnpublished: Bool
  ) throws(HarkError) -> (Snapshot, places: RecordingTable<Int32>) {
    try writer.withLock { (writer) throws(HarkError) in
      try writer.checkWritable()
      return try state.withLock { (state) throws(HarkError) in
        guard takesUnpublished || writer.recordingRows == state.snapshot.slots.count else {
          throw HarkError(
            .unavailable, "rows were appended to the index and are not published yet",
            remedy: "compact after they are")
        }
        writer.isCompacting = true
        state.removals = []
        return (state.snapshot, state.slotOfKey)
      }
    }
  }

  private func endCompaction() {
    writer.withLock { writer in
      writer.isCompacting = false
      state.withLock { $0.removals = nil }
    }
  }

  private func copy(
    _ layout: SlotLayout, hiding hidden: [RecordingKey], of snapshot: Snapshot
  ) throws(HarkError) -> CompactedIndex {
    try snapshot.recordings.file.check(holds: layout.recordingRows)
    try snapshot.segments.file.check(holds: layout.segmentRows)
    // Hidden rows may lie behind all that queries have seen.
    var (oldRecordings, oldSegments) = (snapshot.recordings, snapshot.segments)
    try oldRecordings.reserve(rows: layout.recordingRows)
    try oldSegments.reserve(rows: layout.segmentRows)
    let kept = layout.rows.sorted { $0.key < $1.key }
    let generation = snapshot.generation + 1
    var recordings = try RowCopy(
      IndexHeader(kind: .recordings, model: model, generation: generation), self)
    defer { recordings.discardUnlessSettled() }
    var segments = try RowCopy(
      IndexHeader(kind: .segments, model: model, generation: generation), self)
    defer { segments.discardUnlessSettled() }
    var rows: [StoredRows] = []
    rows.reserveCapacity(kept.count)
    for row in kept {
      rows.append(
        StoredRows(
          key: row.key,
          pooled: try recordings.append(row.pooled, of: row.key, from: oldRecordings),
          segments: try segments.append(row.segments, of: row.key, from: oldSegments)))
    }
    try recordings.settle()
    do {
      try segments.settle()
      try fileSystem.synchronise(directory: directory)
      // Mapped here, so that adopting cannot fail for want of it.
      return CompactedIndex(
        generation: generation, rows: rows, hidden: hidden,
        recordings: try MappedRows(recordings.file, rows: rows.count),
        segments: try MappedRows(segments.file, rows: segments.rowCount),
        segmentRows: segments.rowCount)
    } catch {
      // What cannot be removed is overwritten by the next try, or listed by ``IndexFiles``.
      try? recordings.file.unlink()
      if segments.isSettled { try? segments.file.unlink() }
      throw error
    }
  }
}

extension IndexState {
  /// Throws `defect` unless this is what the compaction under way made.
  fileprivate func expect(_ compacted: CompactedIndex) throws(HarkError) {
    guard removals != nil, compacted.generation == snapshot.generation + 1 else {
      throw HarkError(
        .defect, "generation \(compacted.generation) is not the compaction under way")
    }
  }
}

/// One file of the next generation while it is written, a large piece at a time.
private struct RowCopy {
  let file: RowFile
  private let kernels: Kernels
  private(set) var rowCount = 0
  private var buffer: [UInt8] = []
  private(set) var isSettled = false

  private static let bufferSize = 1 << 20

  init(_ header: IndexHeader, _ index: ModelIndex) throws(HarkError) {
    file = try RowFile.create(
      header, in: index.directory, fileSystem: index.fileSystem)
    kernels = index.kernels
  }

  mutating func append(
    _ range: RowRange, of key: RecordingKey, from source: MappedRows
  ) throws(HarkError) -> RowRange {
    let bytes = source.bytes(range.first, count: range.count)
    guard kernels.crc32c(bytes) == range.checksum else {
      throw HarkError(
        .corrupt,
        "the rows of recording \(key.rawValue) in \(source.file.path.escaped) are damaged",
        remedy: "say `hark forget` for its files: they are analysed again")
    }
    buffer.append(contentsOf: bytes)
    let copy = RowRange(
      generation: file.header.generation, first: rowCount, count: range.count,
      checksum: range.checksum)
    rowCount += range.count
    if buffer.count >= Self.bufferSize { try flush() }
    return copy
  }

  private mutating func flush() throws(HarkError) {
    try file.write(buffer, row: rowCount - buffer.count / file.kind.bytesPerRow)
    buffer.removeAll(keepingCapacity: true)
  }

  mutating func settle() throws(HarkError) {
    try flush()
    try file.settle()
    isSettled = true
  }

  func discardUnlessSettled() {
    if !isSettled { file.discard() }
  }
}
