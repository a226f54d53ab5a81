import CKernels
import Core

/// A query in the forms that the kernels take, with the bounds of their errors.
struct PreparedQuery: Sendable {
  /// As the caller gave it: the scores in the answer are computed from this.
  let values: [Float]
  /// Scaled to length 1; all zero for a zero query.
  let unit: [Float]
  /// The unit query as `rounded · step`, 16 bits each.
  let rounded: [Int16]
  let step: Float
  /// Largest distance of a segment's selecting score from its cosine.
  let segmentError: Float
  /// How sketches are asked.
  let sieve: QuerySieve

  /// Largest distance of a recording's selecting score from its cosine.
  var recordingError: Float { HARK_COSINE_F32_ERROR }

  init(_ query: Embedding) {
    values = query.values
    var sum = 0.0
    var peak = 0.0
    for value in values {
      sum += Double(value) * Double(value)
      peak = max(peak, abs(Double(value)))
    }
    guard sum > 0 else {
      unit = values
      rounded = [Int16](repeating: 0, count: values.count)
      step = 0
      segmentError = 0
      sieve = QuerySieve(unit: values.map(Double.init))
      return
    }
    let length = sum.squareRoot()
    sieve = QuerySieve(unit: values.map { Double($0) / length })
    unit = values.map { Float(Double($0) / length) }
    step = Float(peak / length / 32_767)
    let grid = Double(step)
    var residual = 0.0
    var rounded: [Int16] = []
    for value in values {
      let exact = Double(value) / length
      // The step's own rounding may carry the largest value a hair past 32,767.
      let code = min(max((exact / grid).rounded(), -32_767), 32_767)
      rounded.append(Int16(code))
      residual += (exact - code * grid) * (exact - code * grid)
    }
    self.rounded = rounded
    // 2⁻²⁰ is more than the four roundings of CKernels.h and this line's own.
    segmentError = Float(residual.squareRoot()) + 0x1p-20
  }

  /// The score that an answer carries for one row of the recordings file.
  func score(recording row: UnsafeRawPointer) -> Double {
    values.withUnsafeBufferPointer {
      hark_cosine_f32($0.baseAddress, row.assumingMemoryBound(to: Float.self))
    }
  }

  /// The score that an answer carries for one row of the segments file.
  func score(segment row: UnsafeRawPointer) -> Double {
    values.withUnsafeBufferPointer {
      hark_cosine_i8($0.baseAddress, row.assumingMemoryBound(to: Int8.self))
    }
  }
}
