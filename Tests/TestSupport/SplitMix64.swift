/// SplitMix64 (Steele, Lea and Flood 2014): a small generator whose sequence a seed repeats, so
/// that a property test that fails once fails again.
public struct SplitMix64: RandomNumberGenerator, Sendable {
  private var state: UInt64

  public init(seed: UInt64) { state = seed }

  public mutating func next() -> UInt64 {
    state &+= 0x9e37_79b9_7f4a_7c15
    var z = state
    z = (z ^ (z >> 30)) &* 0xbf58_476d_1ce4_e5b9
    z = (z ^ (z >> 27)) &* 0x94d0_49bb_1331_11eb
    return z ^ (z >> 31)
  }

  /// Uniform in [0, 1), in steps of 2⁻²⁴.
  public mutating func unit() -> Float { Float(next() >> 40) / 16_777_216 }

  /// `count` values uniform in [-1, 1).
  public mutating func vector(_ count: Int) -> [Float] { (0..<count).map { _ in unit() * 2 - 1 } }
}
