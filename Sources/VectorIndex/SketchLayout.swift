import CKernels
import Core

/// Where a sketches file has what. Its rows are chunks of whole pages; a chunk has the sketches of
/// 4,096 rows: their first planes in blocks of 16, then their second planes where there are some, then
/// one checksum a block. So a scan reads the first planes alone, in one run of 68 bytes a row.
struct SketchLayout: Hashable, Sendable {
  static let rowsPerBlock = Int(HARK_BLOCK_ROWS)
  static let bytesPerBlock = Int(HARK_BLOCK_BYTES)
  static let blocksPerChunk = 256
  static let rowsPerChunk = blocksPerChunk * rowsPerBlock
  /// Offset of the second planes in a chunk.
  static let secondPlanes = blocksPerChunk * bytesPerBlock
  /// 256 checksums, filled up to a page.
  static let checksumsByteCount = 4_096

  /// Of recordings, whose rows have 512 bytes: what the first plane leaves over is worth 64 more.
  static let recordings = SketchLayout(bytesPerSecondPlane: Embedding.dimension / 2)
  /// Of segments, whose rows have 132 bytes: a second plane would say half of what they say.
  static let segments = SketchLayout(bytesPerSecondPlane: 0)

  let bytesPerSecondPlane: Int

  /// Offset of the checksums in a chunk.
  var checksums: Int { Self.secondPlanes + Self.rowsPerChunk * bytesPerSecondPlane }
  var bytesPerChunk: Int { checksums + Self.checksumsByteCount }

  /// Chunks that the sketches of so many rows lie in.
  static func chunks(rows: Int) -> Int { (rows + rowsPerChunk - 1) / rowsPerChunk }

  /// Where in its chunk the block of this row begins.
  static func block(of row: Int) -> Int { row % rowsPerChunk / rowsPerBlock * bytesPerBlock }

  /// Where in its chunk the row's second plane begins.
  func secondPlane(of row: Int) -> Int {
    Self.secondPlanes + row % Self.rowsPerChunk * bytesPerSecondPlane
  }

  /// Where in its chunk the checksum of the row's block lies.
  func checksum(of row: Int) -> Int {
    checksums + row % Self.rowsPerChunk / Self.rowsPerBlock * MemoryLayout<UInt32>.size
  }
}
