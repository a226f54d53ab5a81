/// The largest magnitude of some samples, found on their bit patterns.
///
/// Without the sign, IEEE 754 floats are ordered as the integers with the same bits, and NaN and
/// infinity lie above every finite number. Unlike a floating-point maximum, an integer one compiles
/// to vector code, and one pass finds both the peak and whether anything is not a number.
struct SamplePeak: Comparable {
  private var bits: Int32

  static let zero = SamplePeak(bits: 0)

  /// Samples beyond 10¹⁵ (300 dB above full scale) are no audio, and would overflow sums of squares
  /// further on.
  static let limit: Float = 1e15

  private init(bits: Int32) { self.bits = bits }

  init(_ value: Float) { bits = Int32(bitPattern: value.magnitude.bitPattern) }

  init(of samples: UnsafeBufferPointer<Float>) {
    var largest = SIMD8<Int32>(repeating: 0)
    let mask = SIMD8<Int32>(repeating: 0x7fff_ffff)
    let raw = UnsafeRawBufferPointer(samples)
    var index = 0
    while index + 8 <= samples.count {
      let word = raw.loadUnaligned(fromByteOffset: index * 4, as: SIMD8<Int32>.self) & mask
      largest.replace(with: word, where: word .> largest)
      index += 8
    }
    bits = largest.max()
    while index < samples.count {
      bits = max(bits, Int32(bitPattern: samples[index].magnitude.bitPattern))
      index += 1
    }
  }

  /// Not finite if any sample was not.
  var value: Float { Float(bitPattern: UInt32(bitPattern: bits)) }

  /// Whether every sample can be analysed: finite and within ``limit``.
  var isUsable: Bool { self <= SamplePeak(Self.limit) }

  static func < (a: Self, b: Self) -> Bool { a.bits < b.bits }
}
