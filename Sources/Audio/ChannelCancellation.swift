/// Whether channels cancel out where they are added, as those of a line with crossed wires do.
///
/// n² times the power of the mean of n channels is n times the sum of their powers where they are equal,
/// and just that sum where they have nothing in common, or where one alone sounds. One frame of sixteen is
/// looked at: a file is hardly made to cancel in those alone.
struct ChannelCancellation {
  private static let stride = 16
  private static let share = 0.01

  private let channels: Int
  private var power = 0.0
  private var mixedPower = 0.0

  init(channels: Int) { self.channels = channels }

  /// - Parameters:
  ///   - frames: interleaved.
  ///   - mixed: their means.
  mutating func add(_ frames: UnsafeBufferPointer<Float>, _ mixed: UnsafeBufferPointer<Float>) {
    guard channels > 1 else { return }
    for frame in Swift.stride(from: 0, to: mixed.count, by: Self.stride) {
      let mean = Double(mixed[frame])
      mixedPower += mean * mean
      for channel in 0..<channels {
        let sample = Double(frames[frame * channels + channel])
        power += sample * sample
      }
    }
  }

  /// Whether next to nothing is left in the mix.
  var isTotal: Bool {
    power > 1e-6 && mixedPower * Double(channels * channels) < Self.share * power
  }
}
