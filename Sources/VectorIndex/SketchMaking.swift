import Core

/// Makes the sketches of a snapshot's rows, and tells whether those in the file are theirs.
struct SketchMaking {
  let sketched: Sketched
  let snapshot: Snapshot
  /// Mapped as far as they are to be made.
  let sketches: Sketches
  let kernels: Kernels

  /// Whether the blocks that lie in the file already are those of these rows.
  func areSound(_ range: Range<Int>) -> Bool {
    stride(from: range.lowerBound, to: range.upperBound, by: SketchLayout.rowsPerBlock).allSatisfy {
      let found = SketchBlock.checksum(
        sketches.block(of: $0), sketches.secondPlanes(of: $0),
        of: snapshot.origin($0, of: sketched),
        kernels: kernels)
      return found == sketches.checksum(of: $0)
    }
  }

  /// Writes whole blocks of one chunk.
  func make(_ range: Range<Int>, isNew: Bool) throws(HarkError) {
    var firstPlanes: [UInt8] = []
    var secondPlanes: [UInt8] = []
    var checksums: [UInt8] = []
    for row in stride(from: range.lowerBound, to: range.upperBound, by: SketchLayout.rowsPerBlock) {
      let block = block(from: row)
      let checksum = block.firstPlanes.withUnsafeBytes { first in
        block.secondPlanes.withUnsafeBytes { second -> UInt32? in
          guard let first = first.baseAddress else { return nil }
          return SketchBlock.checksum(
            first, second, of: snapshot.origin(row, of: sketched), kernels: kernels)
        }
      }
      firstPlanes += block.firstPlanes
      secondPlanes += block.secondPlanes
      withUnsafeBytes(of: (checksum ?? 0).littleEndian) { checksums += $0 }
    }
    let (file, layout) = (sketches.chunks.file, sketches.layout)
    let row = range.lowerBound
    let chunk = row / SketchLayout.rowsPerChunk
    if isNew {
      // A chunk is whole from its first block on.
      try file.write(
        [UInt8](repeating: 0, count: SketchLayout.checksumsByteCount), row: chunk,
        from: layout.checksums)
    }
    try file.write(firstPlanes, row: chunk, from: SketchLayout.block(of: row))
    try file.write(secondPlanes, row: chunk, from: layout.secondPlane(of: row))
    try file.write(checksums, row: chunk, from: layout.checksum(of: row))
  }

  private func block(from row: Int) -> SketchBlock {
    switch sketched {
    case .recordings:
      SketchBlock(
        ofRecordings: snapshot.recordings.pointer(to: row).assumingMemoryBound(to: Float.self))
    case .segments:
      SketchBlock(
        ofSegments: snapshot.segments.pointer(to: row).assumingMemoryBound(to: Int8.self))
    }
  }
}

extension Snapshot {
  /// What the rows of a block are known by: the checksum of each recording's row, or where the segments
  /// of each recording that has some of them lie, and their checksum.
  fileprivate func origin(_ row: Int, of sketched: Sketched) -> [UInt32] {
    let rows = row..<row + SketchLayout.rowsPerBlock
    switch sketched {
    case .recordings: return rows.map { slots[$0].pooledChecksum.littleEndian }
    case .segments:
      var origin: [UInt32] = []
      var index = slots.lastSlot(withSegmentsUpTo: row, from: 0)
      while index < slots.count, slots[index].firstSegment < rows.upperBound {
        let slot = slots[index]
        index += 1
        // Hidden ones count as well: they may be cut off, and others, as hidden, written in their place.
        guard slot.segments.overlaps(rows) else { continue }
        let first = UInt64(slot.firstSegment)
        origin += [
          UInt32(truncatingIfNeeded: first).littleEndian,
          UInt32(truncatingIfNeeded: first >> 32).littleEndian,
          UInt32(slot.segmentCount).littleEndian, slot.segmentsChecksum.littleEndian,
        ]
      }
      return origin
    }
  }
}
