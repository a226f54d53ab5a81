import CKernels
import Core

/// Where the sketches file has what. Its rows are chunks of whole pages; a chunk has the sketches of
/// 4,096 recordings: their first planes in blocks of 16, then their second planes, then one checksum a
/// block. So a scan reads the first planes alone, in one run of 68 bytes a recording.
enum SketchLayout {
  static let rowsPerBlock = Int(HARK_BLOCK_ROWS)
  static let bytesPerBlock = Int(HARK_BLOCK_BYTES)
  static let bytesPerSecondPlane = Embedding.dimension / 2

  static let blocksPerChunk = 256
  static let rowsPerChunk = blocksPerChunk * rowsPerBlock
  /// Offsets in a chunk.
  static let secondPlanes = blocksPerChunk * bytesPerBlock
  static let checksums = secondPlanes + rowsPerChunk * bytesPerSecondPlane
  static let bytesPerChunk = checksums + checksumsByteCount
  /// 256 checksums, filled up to a page.
  static let checksumsByteCount = 4_096

  /// Chunks that the sketches of `rows` recordings lie in.
  static func chunks(rows: Int) -> Int { (rows + rowsPerChunk - 1) / rowsPerChunk }

  /// Where in its chunk the block of the recording with this row begins.
  static func block(of row: Int) -> Int { row % rowsPerChunk / rowsPerBlock * bytesPerBlock }

  /// Where in its chunk the recording's second plane begins.
  static func secondPlane(of row: Int) -> Int {
    secondPlanes + row % rowsPerChunk * bytesPerSecondPlane
  }

  /// Where in its chunk the checksum of the recording's block lies.
  static func checksum(of row: Int) -> Int {
    checksums + row % rowsPerChunk / rowsPerBlock * MemoryLayout<UInt32>.size
  }
}
