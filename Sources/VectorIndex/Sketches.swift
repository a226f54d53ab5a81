import CKernels
import Core

/// The sketches that queries may use: those of the first `count` rows of the recordings file, whole
/// blocks. Pointers are valid while this value lives, for rows below `count`.
struct Sketches: Sendable {
  /// The sketches file; its rows are chunks.
  var chunks: MappedRows
  var count: Int

  /// Whether the file still has them. It may have been cut short by someone else.
  func areInFile() throws(HarkError) -> Bool {
    try chunks.file.rowCount() >= SketchLayout.chunks(rows: count)
  }

  private func chunk(of row: Int) -> UnsafeRawPointer {
    chunks.pointer(to: row / SketchLayout.rowsPerChunk)
  }

  /// The block of first planes that begins with `row`, or has it.
  func block(of row: Int) -> UnsafeRawPointer { chunk(of: row) + SketchLayout.block(of: row) }

  func secondPlane(of row: Int) -> UnsafeRawPointer {
    chunk(of: row) + SketchLayout.secondPlane(of: row)
  }

  /// The checksum of the row's block, as it was written.
  func checksum(of row: Int) -> UInt32 {
    UInt32(
      littleEndian: chunk(of: row).load(
        fromByteOffset: SketchLayout.checksum(of: row), as: UInt32.self))
  }

  /// The row's step and distance, in the units of ``SketchBlock``.
  func bounds(of row: Int) -> (step: UInt16, distance: UInt16) {
    let place =
      block(of: row) + Int(HARK_BLOCK_NIBBLES)
      + row % SketchLayout.rowsPerBlock * MemoryLayout<UInt16>.size
    return (
      UInt16(littleEndian: place.load(as: UInt16.self)),
      UInt16(
        littleEndian: place.load(
          fromByteOffset: SketchLayout.rowsPerBlock * MemoryLayout<UInt16>.size, as: UInt16.self))
    )
  }
}
