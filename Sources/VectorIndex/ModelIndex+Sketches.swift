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
    // Whoever comes while another does it has nothing to do.
    sketching.withLockIfAvailable { _ in
      for sketched in Sketched.allCases { sketch(sketched) }
    }
  }

  private func sketch(_ sketched: Sketched) {
    let snapshot = state.withLock { $0.snapshot }
    let first = snapshot[sketched]?.count ?? 0
    // As many bytes of each file may be without.
    let bytesWithout =
      (snapshot.rowCount(sketched) - first) * snapshot.rows(sketched).file.kind.bytesPerRow
    guard bytesWithout / RowKind.recordings.bytesPerRow >= rowsWithoutSketch else { return }
    guard let sketches = try? sketches(of: sketched, in: snapshot) else { return }
    state.withLock { state in
      // A compaction may have gone by: its rows are others.
      guard state.snapshot.generation == snapshot.generation else { return }
      state.snapshot[sketched] = sketches
    }
  }

  /// The snapshot's sketches and those of whole blocks of rows that have none yet.
  private func sketches(
    of sketched: Sketched, in snapshot: Snapshot
  ) throws(HarkError) -> Sketches {
    let rows = snapshot.rowCount(sketched)
    let count = rows / SketchLayout.rowsPerBlock * SketchLayout.rowsPerBlock
    try snapshot.rows(sketched).file.check(holds: rows)
    var sketches: Sketches
    if let known = snapshot[sketched] {
      sketches = known
      // What grows again after it was cut short has zeros where sketches were.
      if try !known.areInFile() { sketches.count = 0 }
      try sketches.chunks.reserve(rows: SketchLayout.chunks(rows: count))
    } else {
      let file = try sketchFile(sketched.kind, generation: snapshot.generation)
      sketches = Sketches(
        layout: sketched.layout,
        chunks: try MappedRows(file, rows: SketchLayout.chunks(rows: count)), count: 0)
      sketches.chunks.askFor(rows: try file.rowCount())
    }
    var making = SketchMaking(
      sketched: sketched, snapshot: snapshot, sketches: sketches, kernels: kernels)
    let present = try sketches.chunks.file.rowCount()
    while sketches.count < count {
      let chunk = sketches.count / SketchLayout.rowsPerChunk
      let range = sketches.count..<min(count, (chunk + 1) * SketchLayout.rowsPerChunk)
      if chunk >= present || !making.areSound(range) {
        try making.make(range, isNew: chunk >= present)
      }
      sketches.count = range.upperBound
    }
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
