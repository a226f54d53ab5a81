import Core
import Synchronization

// Sketches are derived. No transaction refers to them and nothing waits for them: rows without one are
// read in full, and sketches that are missing or damaged are made anew from the rows they belong to. So
// they are written without fsync, and each block is checked against its rows' checksums before it is
// used.

extension ModelIndex {
  /// Brings the sketches up to the rows that queries see, if enough of them have none.
  ///
  /// Whatever goes wrong on the way leaves queries as they were, only slower. Call it after opening,
  /// where it checks every sketch that is there (133 MB a million recordings), and it calls itself
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

  /// The snapshot's sketches and those of whole blocks of rows that have none yet.
  private func sketched(_ snapshot: Snapshot) throws(HarkError) -> Sketches {
    let count = snapshot.slots.count / SketchLayout.rowsPerBlock * SketchLayout.rowsPerBlock
    try snapshot.recordings.file.check(holds: snapshot.slots.count)
    var sketches: Sketches
    if let known = snapshot.sketches {
      sketches = known
      // What grows again after it was cut short has zeros where sketches were.
      if try !known.areInFile() { sketches.count = 0 }
      try sketches.chunks.reserve(rows: SketchLayout.chunks(rows: count))
    } else {
      let file = try sketchFile(generation: snapshot.generation)
      sketches = Sketches(
        chunks: try MappedRows(file, rows: SketchLayout.chunks(rows: count)), count: 0)
      sketches.chunks.askFor(rows: try file.rowCount())
    }
    let present = try sketches.chunks.file.rowCount()
    while sketches.count < count {
      let chunk = sketches.count / SketchLayout.rowsPerChunk
      let range = sketches.count..<min(count, (chunk + 1) * SketchLayout.rowsPerChunk)
      if chunk >= present || !areSound(range, of: snapshot, sketches) {
        try make(range, of: snapshot, sketches, isNew: chunk >= present)
      }
      sketches.count = range.upperBound
    }
    return sketches
  }

  /// Whether the blocks that lie in the file already are those of these rows.
  private func areSound(_ range: Range<Int>, of snapshot: Snapshot, _ sketches: Sketches) -> Bool {
    stride(from: range.lowerBound, to: range.upperBound, by: SketchLayout.rowsPerBlock).allSatisfy {
      let found = SketchBlock.checksum(
        sketches.block(of: $0), sketches.secondPlane(of: $0), of: snapshot.checksums(from: $0),
        kernels: kernels)
      return found == sketches.checksum(of: $0)
    }
  }

  /// Writes whole blocks of one chunk.
  private func make(
    _ range: Range<Int>, of snapshot: Snapshot, _ sketches: Sketches, isNew: Bool
  ) throws(HarkError) {
    var firstPlanes: [UInt8] = []
    var secondPlanes: [UInt8] = []
    var checksums: [UInt8] = []
    for row in stride(from: range.lowerBound, to: range.upperBound, by: SketchLayout.rowsPerBlock) {
      let block = SketchBlock(
        of: snapshot.recordings.pointer(to: row).assumingMemoryBound(to: Float.self))
      let checksum = block.firstPlanes.withUnsafeBytes { first in
        block.secondPlanes.withUnsafeBytes { second -> UInt32? in
          guard let first = first.baseAddress, let second = second.baseAddress else { return nil }
          return SketchBlock.checksum(
            first, second, of: snapshot.checksums(from: row), kernels: kernels)
        }
      }
      firstPlanes += block.firstPlanes
      secondPlanes += block.secondPlanes
      withUnsafeBytes(of: (checksum ?? 0).littleEndian) { checksums += $0 }
    }
    let file = sketches.chunks.file
    let row = range.lowerBound
    let chunk = row / SketchLayout.rowsPerChunk
    if isNew {
      // A chunk is whole from its first block on.
      try file.write(
        [UInt8](repeating: 0, count: SketchLayout.checksumsByteCount), row: chunk,
        from: SketchLayout.checksums)
    }
    try file.write(firstPlanes, row: chunk, from: SketchLayout.block(of: row))
    try file.write(secondPlanes, row: chunk, from: SketchLayout.secondPlane(of: row))
    try file.write(checksums, row: chunk, from: SketchLayout.checksum(of: row))
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

extension Snapshot {
  /// The checksums of a block's rows.
  fileprivate func checksums(from row: Int) -> [UInt32] {
    (row..<row + SketchLayout.rowsPerBlock).map { slots[$0].pooledChecksum.littleEndian }
  }
}
