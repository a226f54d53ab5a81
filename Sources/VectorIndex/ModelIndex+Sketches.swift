import Core
import Synchronization

/// The sketches that queries may use: those of the first `count` rows of the recordings file.
struct Sketches: Sendable {
  var rows: MappedRows
  var count: Int
  /// The largest distance of any of them.
  var distance: Float
}

// Sketches are derived. No transaction refers to them and nothing waits for them: rows without one are
// read in full, and a sketch that is missing or damaged is made anew from the row it belongs to. So
// they are written without fsync, and each is checked against its row's checksum before it is used.

extension ModelIndex {
  /// Brings the sketches up to the rows that queries see, if enough of them have none.
  ///
  /// Whatever goes wrong on the way leaves queries as they were, only slower. Call it after opening,
  /// where it checks every sketch that is there (some 140 MB a million recordings), and it calls itself
  /// as rows are published. Complexity: O(rows without a sketch that is known to be sound).
  public func sketchRows() {
    // Whoever comes while another does it has nothing to do.
    sketching.withLockIfAvailable { _ in
      let snapshot = state.withLock { $0.snapshot }
      let first = snapshot.sketches?.count ?? 0
      guard snapshot.slots.count - first >= rowsWithoutSketch else { return }
      guard let sketches = try? sketched(snapshot) else { return }
      state.withLock { state in
        // A compaction may have gone by: its rows are others.
        guard state.snapshot.generation == snapshot.generation else { return }
        state.snapshot.sketches = sketches
      }
    }
  }

  /// The snapshot's sketches and those of the rows that have none yet.
  private func sketched(_ snapshot: Snapshot) throws(HarkError) -> Sketches {
    let count = snapshot.slots.count
    try snapshot.recordings.file.check(holds: count)
    var sketches: Sketches
    if let known = snapshot.sketches {
      sketches = known
      try sketches.rows.reserve(rows: count)
    } else {
      let file = try sketchFile(generation: snapshot.generation)
      sketches = Sketches(rows: try MappedRows(file, rows: count), count: 0, distance: 0)
    }
    let file = sketches.rows.file
    let present = min(count, try file.rowCount())
    let piece = 4_096
    while sketches.count < count {
      let range = sketches.count..<min(count, sketches.count + piece)
      if range.upperBound > present || !take(range, of: snapshot, &sketches) {
        try make(range, of: snapshot, &sketches)
      }
      sketches.count = range.upperBound
    }
    return sketches
  }

  /// Takes the sketches that lie in the file already; `false` if one of them does not belong to its row.
  private func take(
    _ range: Range<Int>, of snapshot: Snapshot, _ sketches: inout Sketches
  ) -> Bool {
    for row in range {
      guard
        let distance = SketchRow.distance(
          in: sketches.rows.pointer(to: row), checksum: snapshot.slots[row].pooledChecksum,
          kernels: kernels)
      else { return false }
      sketches.distance = max(sketches.distance, distance)
    }
    return true
  }

  private func make(
    _ range: Range<Int>, of snapshot: Snapshot, _ sketches: inout Sketches
  ) throws(HarkError) {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(range.count * RowKind.sketches.bytesPerRow)
    for row in range {
      let sketch = SketchRow(
        of: snapshot.recordings.pointer(to: row).assumingMemoryBound(to: Float.self),
        checksum: snapshot.slots[row].pooledChecksum, kernels: kernels)
      bytes += sketch.bytes
      sketches.distance = max(sketches.distance, sketch.distance)
    }
    try sketches.rows.file.write(bytes, row: range.lowerBound)
  }

  /// The file of a generation's sketches, empty if there was none that is sound.
  private func sketchFile(generation: Int) throws(HarkError) -> RowFile {
    let header = IndexHeader(kind: .sketches, model: model, generation: generation)
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
