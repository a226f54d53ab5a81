import Core

/// Makes the sketches of a snapshot's rows, and tells whether those in the file are theirs.
struct SketchMaking {
  let sketched: Sketched
  let snapshot: Snapshot
  /// Mapped as far as they are to be made.
  let sketches: Sketches
  let kernels: Kernels
  /// The slot whose segments were read last, and whether they have their checksum: a long recording's lie
  /// in many blocks.
  private var checked: (slot: Int, isSound: Bool)?

  init(sketched: Sketched, snapshot: Snapshot, sketches: Sketches, kernels: Kernels) {
    self.sketched = sketched
    self.snapshot = snapshot
    self.sketches = sketches
    self.kernels = kernels
  }

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
  mutating func make(_ range: Range<Int>, isNew: Bool) throws(HarkError) {
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

  private mutating func block(from row: Int) -> SketchBlock {
    switch sketched {
    case .recordings:
      SketchBlock(
        ofRecordings: snapshot.recordings.pointer(to: row).assumingMemoryBound(to: Float.self),
        sound: soundRecordings(from: row))
    case .segments:
      SketchBlock(
        ofSegments: snapshot.segments.pointer(to: row).assumingMemoryBound(to: Int8.self),
        sound: soundSegments(from: row))
    }
  }

  // A row that is not what was appended may become it again, when a backup is put back or a recording
  // that waits is shown; a sketch of what lies there now would then rule out what it was not made of.

  private func soundRecordings(from row: Int) -> UInt16 {
    var sound: UInt16 = 0
    for offset in 0..<SketchLayout.rowsPerBlock {
      let checksum = kernels.crc32c(snapshot.recordings.bytes(row + offset, count: 1))
      if checksum == snapshot.slots[row + offset].pooledChecksum { sound |= 1 << offset }
    }
    return sound
  }

  private mutating func soundSegments(from row: Int) -> UInt16 {
    var sound: UInt16 = 0
    let rows = row..<row + SketchLayout.rowsPerBlock
    for slot in snapshot.slots(withSegmentsIn: rows) where isSound(slot) {
      for row in snapshot.slots[slot].segments.clamped(to: rows) {
        sound |= 1 << (row - rows.lowerBound)
      }
    }
    return sound
  }

  private mutating func isSound(_ index: Int) -> Bool {
    if let checked, checked.slot == index { return checked.isSound }
    let slot = snapshot.slots[index]
    let bytes = snapshot.segments.bytes(slot.firstSegment, count: slot.segments.count)
    let isSound = kernels.crc32c(bytes) == slot.segmentsChecksum
    checked = (index, isSound)
    return isSound
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
      for index in slots(withSegmentsIn: rows) {
        let slot = slots[index]
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

  /// The slots that have some of these segments. Hidden ones count as well: they may be cut off, and
  /// others, as hidden, written in their place.
  fileprivate func slots(withSegmentsIn rows: Range<Int>) -> [Int] {
    var found: [Int] = []
    var index = slots.lastSlot(withSegmentsUpTo: rows.lowerBound, from: 0)
    while index < slots.count, slots[index].firstSegment < rows.upperBound {
      if slots[index].segments.overlaps(rows) { found.append(index) }
      index += 1
    }
    return found
  }
}
