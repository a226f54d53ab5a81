import Core
import SystemPackage

/// Gathers analyses as rows of an array, and as lines of a table that says whose rows are whose.
struct EmbeddingRows: ~Copyable {
  private var array: NPYWriter
  private let pooled: Bool
  private let index: FilePath?
  private var table = Array("file,first_row,rows,recording,duration\n".utf8)

  init(output: FilePath, index: FilePath?, pooled: Bool) throws(HarkError) {
    array = try NPYWriter(output)
    self.index = index
    self.pooled = pooled
  }

  /// One row for the file, or one for each of its segments.
  mutating func append(_ analysis: Analysis, of path: FilePath) throws(HarkError) {
    guard let product = analysis.embeddings.first else {
      throw HarkError(.defect, "the worker gave no embedding of \(path.escaped)")
    }
    let first = array.rows
    if pooled {
      try array.append(product.pooled.values)
    } else {
      for segment in 0..<product.segments.count {
        try array.append(product.segments.dequantised(segment))
      }
    }
    table += Self.quoted(path.bytes)
    let duration = Format.fixed(analysis.facts.duration, 6)
    table += Array(
      ",\(first),\(array.rows - first),\(analysis.recording),\(duration)\n".utf8)
  }

  /// Lets both files appear, the table first: whoever sees the array finds its table.
  consuming func finish() throws(HarkError) {
    if let index {
      let file = try AtomicFile(index)
      try file.append(table)
      try file.commit()
    }
    try array.finish()
  }

  /// A field of a CSV table (RFC 4180), byte for byte.
  private static func quoted(_ bytes: [UInt8]) -> [UInt8] {
    let quote = UInt8(ascii: "\"")
    let special = [quote, UInt8(ascii: ","), UInt8(ascii: "\n"), UInt8(ascii: "\r")]
    guard bytes.contains(where: special.contains) else { return bytes }
    return [quote] + bytes.flatMap { $0 == quote ? [quote, quote] : [$0] } + [quote]
  }
}
