import Core

/// What a scan reads of a recording before it reads its embedding: a quarter of the bytes, and a bound
/// on how far they mislead.
///
/// Let x be the stored embedding scaled to length 1, and c its codes scaled to length 1. For any query
/// q of length 1, |q·x − q·c| ≤ |x − c| (Cauchy–Schwarz), and `distance` is |x − c|, rounded up. So a
/// recording whose sketch scores more than `distance` below the k-th best is not among the k best, and
/// nothing else is ever left out. With codes of 8 bits `distance` is at most √128 / 254 · √(1 + that²)
/// ≈ 0.045, and about 0.01 on what networks give.
struct SketchRow {
  /// 128 codes, the distance, and a checksum that binds both to the recording's row.
  let bytes: [UInt8]
  let distance: Float

  /// Sketches a row of the recordings file. Complexity: O(1).
  ///
  /// - Parameter checksum: the row's own CRC-32C, as the catalogue has it.
  init(of row: UnsafePointer<Float>, checksum: UInt32, kernels: Kernels) {
    let size = Embedding.dimension
    var square = 0.0
    var peak = 0.0
    for index in 0..<size {
      let value = Double(row[index])
      square += value * value
      peak = max(peak, abs(value))
    }
    var codes = [Int8](repeating: 0, count: size)
    var away = 0.0
    if square > 0, square.isFinite {
      let length = square.squareRoot()
      let step = peak / 127
      var codesSquare = 0.0
      for index in 0..<size {
        // The peak divided by a 127th of itself may come out a hair past 127.
        let code = min(127, max(-127, (Double(row[index]) / step).rounded()))
        codes[index] = Int8(code)
        codesSquare += code * code
      }
      let codesLength = codesSquare.squareRoot()
      for index in 0..<size {
        let apart = Double(row[index]) / length - Double(codes[index]) / codesLength
        away += apart * apart
      }
    }
    // The sums' rounding is some 2⁻⁴⁵ of them, and that of `Float` 2⁻²⁴.
    let distance = Float(away.squareRoot() * (1 + 0x1p-20)).nextUp
    var bytes = codes.map(UInt8.init(bitPattern:))
    withUnsafeBytes(of: distance.bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    let own = bytes.withUnsafeBytes { kernels.crc32c($0, from: checksum) }
    withUnsafeBytes(of: own.littleEndian) { bytes.append(contentsOf: $0) }
    self.bytes = bytes
    self.distance = distance
  }

  /// The distance in a sketch that was made of the row with this checksum; `nil` for any other bytes.
  static func distance(
    in sketch: UnsafeRawPointer, checksum: UInt32, kernels: Kernels
  ) -> Float? {
    let content = Embedding.dimension + MemoryLayout<Float>.size
    let found = kernels.crc32c(
      UnsafeRawBufferPointer(start: sketch, count: content), from: checksum)
    guard
      found == UInt32(littleEndian: sketch.loadUnaligned(fromByteOffset: content, as: UInt32.self))
    else { return nil }
    let bits = UInt32(
      littleEndian: sketch.loadUnaligned(fromByteOffset: Embedding.dimension, as: UInt32.self))
    let distance = Float(bitPattern: bits)
    return distance.isFinite && distance >= 0 ? distance : nil
  }
}
