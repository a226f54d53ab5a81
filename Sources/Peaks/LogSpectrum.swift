import Core
import Features

/// Samples → one row of log power for each frame; samples come in blocks of any size.
///
/// A row holds log₂ of power in 1/256 as `Int16`, which is all that a search for maxima needs, and
/// whose sums are exact. The logarithm is read off the floating-point number's own bits: linear
/// between powers of two, at most 0.09 too small, and monotonic, so that it moves no maximum.
final class LogSpectrum {
  /// Power, relative to a full-scale sine's, that is added to every bin. The
  /// rounding noise of 16-bit samples lies 13 dB below it and so makes no peaks.
  static let floor: Float = 1e-11

  private let hop: Int
  private let bins: Range<Int>
  private let plan: FFTPlan
  private let window: UnsafeMutableBufferPointer<Double>
  private let pending: UnsafeMutableBufferPointer<Float>
  private var filled = 0

  init(_ parameters: FingerprintParameters) {
    hop = parameters.hop
    bins = parameters.bins
    plan = FFTPlan(length: parameters.window)
    // A full-scale sine in the middle of a bin has power 1.
    let gain = 4 / Double(parameters.window)
    window = .allocate(capacity: parameters.window)
    _ = window.initialize(from: Window.hann(parameters.window).map { $0 * gain })
    pending = .allocate(capacity: parameters.window)
    pending.initialize(repeating: 0)
  }

  deinit {
    window.deallocate()
    pending.deallocate()
  }

  /// Takes more samples and hands on each row that they complete. The row is valid during the call.
  func append(_ samples: UnsafeBufferPointer<Float>, row: (UnsafePointer<Int16>) -> Void) {
    withUnsafeTemporaryAllocation(of: Int16.self, capacity: bins.count) { output in
      guard let target = output.baseAddress else { return }
      var position = 0
      while position < samples.count {
        let count = min(pending.count - filled, samples.count - position)
        for i in 0..<count { pending[filled + i] = samples[position + i] }
        filled += count
        position += count
        guard filled == pending.count else { return }
        transform(into: target)
        row(UnsafePointer(target))
        filled -= hop
        for i in 0..<filled { pending[i] = pending[i + hop] }
      }
    }
  }

  private func transform(into row: UnsafeMutablePointer<Int16>) {
    guard
      let input = plan.input.baseAddress, let spectrum = plan.output.baseAddress,
      let window = window.baseAddress, let pending = pending.baseAddress
    else { return }
    for i in 0..<plan.length { input[i] = Double(pending[i]) * window[i] }
    plan.execute()
    let first = spectrum + 2 * bins.lowerBound
    for i in 0..<bins.count {
      let real = Float(first[2 * i])
      let imaginary = Float(first[2 * i + 1])
      row[i] = Self.log2(real * real + imaginary * imaginary + Self.floor)
    }
  }

  /// log₂ in 1/256 for normal numbers in 2⁻¹²⁶ … 2¹²⁷.
  @inline(__always)
  static func log2(_ power: Float) -> Int16 {
    let one: Int32 = 127 << 23
    return Int16(truncatingIfNeeded: (Int32(bitPattern: power.bitPattern) &- one) >> 15)
  }
}
