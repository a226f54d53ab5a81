import CKernels
import Core

/// The sketches of sixteen neighbouring recordings or segments: what a scan reads before it reads their
/// rows, and bounds on how far it misleads.
///
/// Let x be a stored embedding, or a segment's codes, scaled to length 1, and `step` · 2⁻¹⁸ at least an eighth of its largest
/// value. Each value lies in one of 256 cells of a sixteenth of the step, and its code is the cell's
/// number: four bits in the first plane, four in the second. The first plane's vector has the middles
/// of 16 cells each, `distance` · 2⁻¹⁵ is its distance from x, rounded up; both planes' vector has the
/// middles of the cells themselves, and each of its values is within half a cell of x.
struct SketchBlock {
  /// As `CKernels.h` has it.
  private(set) var firstPlanes = [UInt8](repeating: 0, count: SketchLayout.bytesPerBlock)
  /// 64 bytes a row: dimension t in the low nibble of byte t, dimension 64 + t in the high one.
  /// Empty for segments.
  private(set) var secondPlanes: [UInt8]

  /// The unit of a block's steps.
  static let stepUnit = 0x1p-18
  /// The unit of a block's distances.
  static let distanceUnit = 0x1p-15
  /// The distance of a row that has no sketch, since its length is not finite or it is not what was
  /// appended: such a row survives every sieve, and both its planes say nothing.
  static let noSketch = UInt16.max

  private init(
    _ layout: SketchLayout, sound: UInt16, _ value: (_ row: Int, _ index: Int) -> Double
  ) {
    secondPlanes = [UInt8](
      repeating: 0, count: SketchLayout.rowsPerBlock * layout.bytesPerSecondPlane)
    withUnsafeTemporaryAllocation(of: Double.self, capacity: Embedding.dimension) { values in
      for row in 0..<SketchLayout.rowsPerBlock {
        guard sound & 1 << row != 0 else {
          set(row, step: 0, distance: Self.noSketch)
          continue
        }
        for index in 0..<Embedding.dimension {
          values.initializeElement(at: index, to: value(row, index))
        }
        sketch(row, values)
      }
    }
  }

  /// Sketches sixteen rows of the recordings file. Complexity: O(1).
  ///
  /// - Parameter sound: a bit for each row, the first row's the lowest; rows whose bit is not set get no
  ///   sketch.
  init(ofRecordings rows: UnsafePointer<Float>, sound: UInt16 = .max) {
    self.init(.recordings, sound: sound) { Double(rows[$0 * Embedding.dimension + $1]) }
  }

  /// Sketches sixteen rows of the segments file, the same way. A scale takes no part: it cancels in a
  /// cosine.
  init(ofSegments rows: UnsafePointer<Int8>, sound: UInt16 = .max) {
    self.init(.segments, sound: sound) {
      Double(rows[$0 * RowKind.segments.bytesPerRow + $1])
    }
  }

  private mutating func sketch(_ row: Int, _ values: UnsafeMutableBufferPointer<Double>) {
    var square = 0.0
    var peak = 0.0
    for index in 0..<Embedding.dimension {
      let value = values[index]
      square += value * value
      peak = max(peak, abs(value))
    }
    // The cosine of a zero row is 0, and so is what this sketch says: digital silence rules itself out.
    guard square != 0 else { return set(row, step: 0, distance: 0) }
    guard square.isFinite else { return set(row, step: 0, distance: Self.noSketch) }
    let length = square.squareRoot()
    let step = (peak / length / 8 / Self.stepUnit).rounded(.up)
    let cell = step * Self.stepUnit / 16
    var away = 0.0
    for index in 0..<Embedding.dimension {
      let value = values[index] / length
      // The peak itself may lie on the last cell's far edge.
      let code = Int(min(255, max(0, (value / cell + 128).rounded(.down))))
      let apart = value - (Double(code & 0xf0) - 120) * cell
      away += apart * apart
      set(row, index, code)
    }
    let distance = (away.squareRoot() / Self.distanceUnit + 0x1p-10).rounded(.up)
    set(row, step: UInt16(step), distance: UInt16(distance))
  }

  private mutating func set(_ row: Int, _ index: Int, _ code: Int) {
    let first = UInt8(truncatingIfNeeded: code >> 4)
    let second = UInt8(truncatingIfNeeded: code & 15)
    let place = index / 8 * 64 + row * 4 + index % 4
    firstPlanes[place] |= index % 8 < 4 ? first : first << 4
    guard !secondPlanes.isEmpty else { return }
    let half = Embedding.dimension / 2
    let other = row * half + index % half
    secondPlanes[other] |= index < half ? second : second << 4
  }

  private mutating func set(_ row: Int, step: UInt16, distance: UInt16) {
    let place = Int(HARK_BLOCK_NIBBLES) + row * MemoryLayout<UInt16>.size
    firstPlanes.withUnsafeMutableBytes {
      $0.storeBytes(of: step.littleEndian, toByteOffset: place, as: UInt16.self)
      $0.storeBytes(
        of: distance.littleEndian,
        toByteOffset: place + SketchLayout.rowsPerBlock * MemoryLayout<UInt16>.size,
        as: UInt16.self)
    }
  }

  /// CRC-32C of a block as it lies in the file, going on from what its rows are known by.
  static func checksum(
    _ firstPlanes: UnsafeRawPointer, _ secondPlanes: UnsafeRawBufferPointer, of rows: [UInt32],
    kernels: Kernels
  ) -> UInt32 {
    var checksum = rows.withUnsafeBytes { kernels.crc32c($0) }
    checksum = kernels.crc32c(
      UnsafeRawBufferPointer(start: firstPlanes, count: SketchLayout.bytesPerBlock),
      from: checksum)
    return secondPlanes.isEmpty ? checksum : kernels.crc32c(secondPlanes, from: checksum)
  }
}
