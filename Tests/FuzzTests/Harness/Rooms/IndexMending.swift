import Core

@testable import MappedFiles
@testable import VectorIndex

/// Checksums made right after a change, so that what lies behind them is reached.
extension IndexTarget {
  static func mendHeader(_ file: inout [UInt8]) {
    guard file.count >= 4096 else { return }
    file.put(Checksum.crc32c(file[..<4092]), at: 4092)
  }

  static func mendRows(_ stored: inout [StoredRows], _ files: [[UInt8]]) {
    func checksum(_ range: RowRange, _ kind: RowKind) -> UInt32? {
      let file = files[kind == .recordings ? 0 : 1]
      let size = kind.bytesPerRow
      let most = max(0, file.count - 4096) / size
      guard (0...most).contains(range.first), (0...most - range.first).contains(range.count) else {
        return nil
      }
      let start = 4096 + range.first * size
      return Checksum.crc32c(file[start..<start + range.count * size])
    }
    for i in stored.indices {
      if let sum = checksum(stored[i].pooled, .recordings) { stored[i].pooled.checksum = sum }
      if let sum = checksum(stored[i].segments, .segments) { stored[i].segments.checksum = sum }
    }
  }

  static func mendSketches(_ file: inout [UInt8], _ stored: [StoredRows]) {
    let (chunk, layout) = (HeaderPage.byteCount, SketchLayout.recordings)
    guard file.count >= chunk + layout.bytesPerChunk else { return }
    for first in stride(from: 0, to: stored.count, by: SketchLayout.rowsPerBlock) {
      guard first + SketchLayout.rowsPerBlock <= stored.count else { break }
      let rows = stored[first..<first + SketchLayout.rowsPerBlock].map(\.pooled.checksum)
      let sum = file.withUnsafeBytes { bytes -> UInt32 in
        guard let base = bytes.baseAddress else { return 0 }
        return SketchBlock.checksum(
          base + chunk + SketchLayout.block(of: first),
          UnsafeRawBufferPointer(
            start: base + chunk + layout.secondPlane(of: first),
            count: SketchLayout.rowsPerBlock * layout.bytesPerSecondPlane),
          of: rows, kernels: Kernels.best)
      }
      file.put(sum, at: chunk + layout.checksum(of: first))
    }
  }
}
