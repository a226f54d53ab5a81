import Core
import MappedFiles
import Synchronization
import SystemPackage

/// The index files of one model: exact nearest recordings and segments.
///
/// Any thread may call anything; a query sees one consistent snapshot. The order that makes a crash
/// harmless is ``append(pooled:segments:)``, ``synchronise()``, the catalogue's transaction,
/// ``publish(key:rows:)``. What no transaction refers to is cut off at the next ``open``. Calls may
/// block on the disk, so none belongs on Swift's cooperative threads.
public final class ModelIndex: Sendable {
  public let model: ModelID
  let directory: FilePath
  let fileSystem: FileSystem
  let kernels: Kernels
  let writer: Mutex<Writer>
  let state: Mutex<IndexState>
  /// Held by whoever makes sketches. Taken before ``state``, and never together with ``writer``.
  let sketching = Mutex(())
  /// Whether somebody asked for sketches since whoever makes them looked last.
  let isSketchingWanted = Atomic(false)
  /// As many rows may have no sketch: to read them in full takes less than half a millisecond.
  let rowsWithoutSketch: Int

  /// Where the next rows go. Taken before ``state`` by whoever needs both.
  struct Writer: Sendable {
    var recordings: RowFile
    var segments: RowFile
    var recordingRows: Int
    var segmentRows: Int
    /// Whether the files' names are known to be on disk.
    var isDirectorySynchronised = false
    var isCompacting = false
    /// Why nothing more can be written.
    var failure: HarkError?
  }

  /// Opens the files of `generation`, makes them if they are missing and nothing refers to them,
  /// and cuts off what follows the last row that `rows` refers to.
  ///
  /// Throws ``HarkError``: `corrupt` for a damaged header, a file that is too short or rows that
  /// contradict each other; `newerVersion` for a file of a newer Hark; what the system says.
  /// Complexity: O(n) in the rows, fastest in the order of `pooled.first`; no row is read.
  public static func open(
    directory: FilePath, model: ModelID, rows: [StoredRows], generation: Int
  ) throws(HarkError) -> ModelIndex {
    try ModelIndex(
      directory: directory, model: model, rows: rows, generation: generation,
      fileSystem: .system, kernels: Kernels.active.get())
  }

  /// The same files with what the catalogue refers to now, where this index takes no more.
  ///
  /// Queries in flight may go on with this index: no row that they see is cut off or overwritten.
  /// Throws as ``open(directory:model:rows:generation:)`` does.
  public func reopened(rows: [StoredRows], generation: Int) throws(HarkError) -> ModelIndex {
    let (recordings, segments) = writer.withLock { ($0.recordingRows, $0.segmentRows) }
    let isSame = generation == self.generation
    return try ModelIndex(
      directory: directory, model: model, rows: rows, generation: generation,
      fileSystem: fileSystem, kernels: kernels, rowsWithoutSketch: rowsWithoutSketch,
      keeping: isSame ? (recordings, segments) : (0, 0))
  }

  /// - Parameter keeping: rows of each file that are neither cut off nor written again, whether or not
  ///   anything refers to them.
  init(
    directory: FilePath, model: ModelID, rows: [StoredRows], generation: Int,
    fileSystem: FileSystem, kernels: Kernels, mapAhead: Int = Mapping.ahead,
    rowsWithoutSketch: Int = 2_048, keeping: (recordings: Int, segments: Int) = (0, 0)
  ) throws(HarkError) {
    let layout = try SlotLayout(rows, generation: generation, directory: directory)
    func file(_ kind: RowKind, rows: Int) throws(HarkError) -> RowFile {
      let header = IndexHeader(kind: kind, model: model, generation: generation)
      return try Self.openFile(
        header, rows: rows, in: directory, fileSystem: fileSystem)
    }
    let recordings = try file(.recordings, rows: layout.recordingRows)
    let segments = try file(.segments, rows: layout.segmentRows)
    let recordingRows = max(layout.recordingRows, keeping.recordings)
    let segmentRows = max(layout.segmentRows, keeping.segments)
    // Nothing is cut off before both files proved sound.
    try recordings.truncate(rows: recordingRows)
    try segments.truncate(rows: segmentRows)
    let state = IndexState(
      Snapshot(
        generation: generation, slots: SlotTable(),
        recordings: try MappedRows(
          recordings, rows: layout.recordingRows, ahead: mapAhead),
        segments: try MappedRows(segments, rows: layout.segmentRows, ahead: mapAhead),
        segmentRows: layout.segmentRows),
      rows: layout.rows)
    guard state.slotOfKey.count == rows.count else {
      throw HarkError(
        .corrupt, "the catalogue refers twice to one recording's rows in \(directory.escaped)",
        remedy: "move the state directory away: the folders are then analysed anew")
    }
    self.model = model
    self.directory = directory
    self.fileSystem = fileSystem
    self.kernels = kernels
    self.rowsWithoutSketch = rowsWithoutSketch
    self.state = Mutex(state)
    writer = Mutex(
      Writer(
        recordings: recordings, segments: segments, recordingRows: recordingRows,
        segmentRows: segmentRows))
  }

  private static func openFile(
    _ header: IndexHeader, rows: Int, in directory: FilePath, fileSystem: FileSystem
  ) throws(HarkError) -> RowFile {
    if let file = try RowFile.open(
      header, in: directory, fileSystem: fileSystem)
    {
      try file.check(holds: rows)
      return file
    }
    guard rows == 0 else {
      throw HarkError(
        .corrupt,
        "the index file \(directory.appending(header.fileName).escaped) is missing, and the "
          + "catalogue refers to \(rows) rows of it",
        remedy:
          "put it back from a backup, or move the state directory away: the folders are then analysed anew"
      )
    }
    let file = try RowFile.create(
      header, in: directory, fileSystem: fileSystem)
    do {
      try file.settle()
    } catch {
      file.discard()
      throw error
    }
    return file
  }

  /// The generation that queries read.
  public var generation: Int { state.withLock { $0.snapshot.generation } }

  /// Number of recordings that queries see.
  public var count: Int { state.withLock { $0.slotOfKey.count } }

  /// Whether queries see rows of this recording.
  public func contains(_ key: RecordingKey) -> Bool {
    state.withLock { $0.slotOfKey[key] != nil }
  }

  /// Live and dead rows.
  public var waste: IndexWaste {
    state.withLock {
      IndexWaste(
        liveRecordings: $0.slotOfKey.count,
        deadRecordings: $0.snapshot.slots.count - $0.slotOfKey.count,
        liveSegments: $0.liveSegments,
        deadSegments: $0.snapshot.segmentRows - $0.liveSegments)
    }
  }
}
