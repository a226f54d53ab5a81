import Core
import Synchronization

// Sketches are derived. No transaction refers to them and nothing waits for them: rows without one are
// read in full, and sketches that are missing or damaged are made anew from the rows they belong to. So
// they are written without fsync, and each block is checked against its rows' checksums before it is
// used.

extension ModelIndex {
  /// Brings the sketches up to the rows that queries see, where enough of them have none.
  ///
  /// Whatever goes wrong on the way leaves queries as they were, only slower. Call it after opening,
  /// where it checks every sketch that is there (133 MB a million recordings, 69 MB a million segments),
  /// and it calls itself as rows are published. Complexity: O(rows without a sketch that is known to be
  /// sound).
  public func sketchRows() {
    isSketchingWanted.store(true, ordering: .sequentiallyConsistent)
    var isFree = true
    // Whoever comes while another does it leaves it to him: he looks again once he is done.
    while isFree, isSketchingWanted.load(ordering: .sequentiallyConsistent) {
      isFree = sketching.withLockIfAvailable { _ in sketchWanted() } ?? false
    }
  }

  private func sketchWanted() -> Bool {
    while isSketchingWanted.exchange(false, ordering: .sequentiallyConsistent) {
      for sketched in Sketched.allCases { sketch(sketched) }
    }
    return true
  }

  private func sketch(_ sketched: Sketched) {
    let snapshot = state.withLock { $0.snapshot }
    let first = snapshot[sketched]?.count ?? 0
    // As many bytes of each file may be without.
    let bytesWithout =
      (snapshot.rowCount(sketched) - first) * snapshot.rows(sketched).file.kind.bytesPerRow
    guard bytesWithout / RowKind.recordings.bytesPerRow >= rowsWithoutSketch else { return }
    try? extend(sketched, of: snapshot)
  }

  /// Lets queries use these sketches of a snapshot's rows from now on. Returns `false` if a compaction
  /// has gone by: its rows are others, and nobody needs the file.
  private func use(_ sketches: Sketches, of snapshot: Snapshot, _ sketched: Sketched) -> Bool {
    let isCurrent = state.withLock { state in
      guard state.snapshot.generation == snapshot.generation else { return false }
      state.snapshot[sketched] = sketches
      return true
    }
    if !isCurrent { try? sketches.chunks.file.unlink() }
    return isCurrent
  }

  /// So many chunks pass before queries use them.
  private static let chunksAtOnce = 64

  /// Checks or makes the sketches of whole blocks of rows that have none yet. Those that were done when it
  /// throws are used.
  private func extend(_ sketched: Sketched, of snapshot: Snapshot) throws(HarkError) {
    let rows = snapshot.rowCount(sketched)
    let count = rows / SketchLayout.rowsPerBlock * SketchLayout.rowsPerBlock
    try snapshot.rows(sketched).file.check(holds: rows)
    var sketches = try start(sketched, of: snapshot, count: count)
    var making = SketchMaking(
      sketched: sketched, snapshot: snapshot, sketches: sketches, kernels: kernels)
    let present = try sketches.chunks.file.rowCount()
    var used = sketches.count
    defer { if sketches.count > used { _ = use(sketches, of: snapshot, sketched) } }
    while sketches.count < count {
      let chunk = sketches.count / SketchLayout.rowsPerChunk
      let range = sketches.count..<min(count, (chunk + 1) * SketchLayout.rowsPerChunk)
      if chunk >= present || !making.areSound(range) {
        guard try sketches.areInFile() else { return sketches.count = used }
        try making.make(range, isNew: chunk >= present)
      }
      sketches.count = range.upperBound
      guard sketches.count - used >= Self.chunksAtOnce * SketchLayout.rowsPerChunk else { continue }
      guard use(sketches, of: snapshot, sketched) else { return }
      used = sketches.count
    }
  }

  /// The sketches that the snapshot has, or else none of those in the file, with room for those of `count`
  /// rows.
  private func start(
    _ sketched: Sketched, of snapshot: Snapshot, count: Int
  ) throws(HarkError) -> Sketches {
    let chunks = SketchLayout.chunks(rows: count)
    if var known = snapshot[sketched], try known.areInFile() {
      try known.chunks.reserve(rows: chunks)
      return known
    }
    // A file that was cut short would have zeros where sketches were, as soon as it is longer again; who
    // still reads it must go on finding it short.
    let file =
      snapshot[sketched] == nil
      ? try sketchFile(sketched.kind, generation: snapshot.generation)
      : try newSketchFile(sketched.kind, generation: snapshot.generation)
    let sketches = Sketches(
      layout: sketched.layout, chunks: try MappedRows(file, rows: chunks), count: 0)
    sketches.chunks.askFor(rows: try file.rowCount())
    return sketches
  }

  /// The file of a generation's sketches, empty if there was none that is sound.
  private func sketchFile(_ kind: RowKind, generation: Int) throws(HarkError) -> RowFile {
    let header = IndexHeader(kind: kind, model: model, generation: generation)
    do {
      let file = try RowFile.open(
        header, in: directory, fileSystem: fileSystem)
      if let file { return file }
    } catch  where error.code == .corrupt {
      // It holds nothing that is nowhere else.
    }
    return try newSketchFile(kind, generation: generation)
  }

  /// An empty file of sketches in the place of the one that is there, which whoever has it open goes on
  /// reading.
  private func newSketchFile(_ kind: RowKind, generation: Int) throws(HarkError) -> RowFile {
    let file = try RowFile.create(
      IndexHeader(kind: kind, model: model, generation: generation), in: directory,
      fileSystem: fileSystem)
    do {
      try file.settle()
    } catch {
      file.discard()
      throw error
    }
    return file
  }
}

extension Snapshot {
  /// The sketches of one file's rows.
  subscript(sketched: Sketched) -> Sketches? {
    get {
      switch sketched {
      case .recordings: sketches
      case .segments: segmentSketches
      }
    }
    set {
      switch sketched {
      case .recordings: sketches = newValue
      case .segments: segmentSketches = newValue
      }
    }
  }

  fileprivate func rowCount(_ sketched: Sketched) -> Int {
    switch sketched {
    case .recordings: slots.count
    case .segments: segmentRows
    }
  }

  fileprivate func rows(_ sketched: Sketched) -> MappedRows {
    switch sketched {
    case .recordings: recordings
    case .segments: segments
    }
  }
}
