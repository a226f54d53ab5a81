/// Interleaved frames to mono: the mean of the channels.
public enum Downmixer {
  /// - Parameters:
  ///   - frames: `count · channels` interleaved samples.
  ///   - mono: receives `count` samples; must not overlap `frames` unless there is one channel.
  public static func downmix(
    _ frames: UnsafeBufferPointer<Float>, channels: Int,
    into mono: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(channels > 0 && frames.count == mono.count * channels)
    guard let source = frames.baseAddress, let target = mono.baseAddress else { return }
    switch channels {
    case 1: target.update(from: source, count: mono.count)
    case 2: stereo(source, target, mono.count)
    default: many(source, channels, target, mono.count)
    }
  }

  private static func stereo(
    _ source: UnsafePointer<Float>, _ target: UnsafeMutablePointer<Float>, _ count: Int
  ) {
    let raw = UnsafeRawPointer(source)
    var frame = 0
    // Eight interleaved floats at a time: SIMD's even and odd halves compile to two shuffles.
    while frame + 4 <= count {
      let pair = raw.loadUnaligned(fromByteOffset: frame * 8, as: SIMD8<Float>.self)
      let mean = (pair.evenHalf + pair.oddHalf) * 0.5
      UnsafeMutableRawPointer(target + frame).storeBytes(of: mean, as: SIMD4<Float>.self)
      frame += 4
    }
    while frame < count {
      target[frame] = (source[2 * frame] + source[2 * frame + 1]) * 0.5
      frame += 1
    }
  }

  private static func many(
    _ source: UnsafePointer<Float>, _ channels: Int, _ target: UnsafeMutablePointer<Float>,
    _ count: Int
  ) {
    let scale = 1 / Float(channels)
    for frame in 0..<count {
      let start = UnsafeRawPointer(source + frame * channels)
      var sums = SIMD4<Float>()
      var channel = 0
      while channel + 4 <= channels {
        sums += start.loadUnaligned(fromByteOffset: channel * 4, as: SIMD4<Float>.self)
        channel += 4
      }
      var sum = sums.sum()
      while channel < channels {
        sum += source[frame * channels + channel]
        channel += 1
      }
      target[frame] = sum * scale
    }
  }
}
