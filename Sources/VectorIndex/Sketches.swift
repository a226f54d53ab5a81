import CKernels
import Core

/// What has sketches: rows of the recordings file, and of the segments file.
enum Sketched: CaseIterable, Sendable {
  case recordings
  case segments

  /// The file that the sketches lie in.
  var kind: RowKind {
    switch self {
    case .recordings: .sketches
    case .segments: .segmentSketches
    }
  }

  var layout: SketchLayout {
    switch self {
    case .recordings: .recordings
    case .segments: .segments
    }
  }
}

/// The sketches that queries may use: those of the first `count` rows of a file, whole blocks. Pointers
/// are valid while this value lives, for rows below `count`.
struct Sketches: Sendable {
  let layout: SketchLayout
  /// The sketches file; its rows are chunks.
  var chunks: MappedRows
  var count: Int

  /// Whether the file still has them. It may have been cut short by someone else.
  func areInFile() throws(HarkError) -> Bool {
    try chunks.file.rowCount() >= SketchLayout.chunks(rows: count)
  }

  /// These, unless there are none or their file was cut short: then rows are read in full.
  var usable: Sketches? { count > 0 && (try? areInFile()) == true ? self : nil }

  private func chunk(of row: Int) -> UnsafeRawPointer {
    chunks.pointer(to: row / SketchLayout.rowsPerChunk)
  }

  /// The block of first planes that begins with `row`, or has it.
  func block(of row: Int) -> UnsafeRawPointer { chunk(of: row) + SketchLayout.block(of: row) }

  /// To be asked only of a layout that has second planes.
  func secondPlane(of row: Int) -> UnsafeRawPointer {
    chunk(of: row) + layout.secondPlane(of: row)
  }

  /// The second planes of the row's block, which may have no bytes.
  func secondPlanes(of row: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(
      start: secondPlane(of: row), count: SketchLayout.rowsPerBlock * layout.bytesPerSecondPlane)
  }

  /// The checksum of the row's block, as it was written.
  func checksum(of row: Int) -> UInt32 {
    UInt32(
      littleEndian: chunk(of: row).load(fromByteOffset: layout.checksum(of: row), as: UInt32.self))
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
