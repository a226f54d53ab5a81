import Core
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Writes rows of 128 floats as a NumPy array: NPY version 1.0, `<f4`, C order, shape
/// `(rows, 128)` (numpy.lib.format).
///
/// Rows go to disk as they come, so that memory does not grow with them. The file appears under its
/// name only when ``finish()`` has succeeded, whole, and replaces what was there; until then, and
/// when anything goes wrong, nothing is seen of it.
struct NPYWriter: ~Copyable {
  /// The header's length: room for any row count, and a multiple of 64 as the format asks.
  private static let headerLength = 128

  private let output: AtomicFile
  private var buffer: [UInt8] = []
  /// Rows so far.
  private(set) var rows = 0

  /// Throws ``HarkError`` if the directory does not take a new file.
  init(_ path: FilePath) throws(HarkError) {
    output = try AtomicFile(path)
    buffer = Self.header(rows: 0)
  }

  /// Appends one row of exactly 128 values.
  mutating func append(_ row: [Float]) throws(HarkError) {
    precondition(row.count == Embedding.dimension)
    for value in row {
      let bits = value.bitPattern
      for shift in stride(from: 0, to: 32, by: 8) {
        buffer.append(UInt8(truncatingIfNeeded: bits >> UInt32(shift)))
      }
    }
    rows += 1
    if buffer.count >= 1 << 18 { try flush() }
  }

  /// Writes what is left and lets the file appear.
  consuming func finish() throws(HarkError) {
    try flush()
    try output.overwrite(Self.header(rows: rows))
    try output.commit()
  }

  private mutating func flush() throws(HarkError) {
    try output.append(buffer)
    buffer.removeAll(keepingCapacity: true)
  }

  static func header(rows: Int) -> [UInt8] {
    var text =
      "{'descr': '<f4', 'fortran_order': False, 'shape': (\(rows), \(Embedding.dimension)), }"
    let fixed = 10  // magic, version and the length itself
    text += String(repeating: " ", count: headerLength - fixed - 1 - text.utf8.count) + "\n"
    let length = UInt16(headerLength - fixed)
    return [0x93] + Array("NUMPY".utf8) + [1, 0, UInt8(length & 255), UInt8(length >> 8)]
      + Array(text.utf8)
  }
}
