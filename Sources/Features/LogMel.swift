#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// 16 kHz mono samples to log-mel frames, streaming; ``FrontEnd`` has the numbers.
///
/// Frame `i` is made of samples `160·i` to `160·i + 399`: no padding at the centre or at the ends.
/// How the samples are cut into blocks makes no difference to a single bit.
public final class LogMel {
  private let transform = FFTPlan(length: FrontEnd.transformLength)
  private let window = Window.hann(FrontEnd.windowLength)
  private let filterbank: MelFilterbank
  private let magnitudes: UnsafeMutableBufferPointer<Float>
  private let frame: UnsafeMutableBufferPointer<Float>
  /// Samples from `start` to `end` that frames to come still need.
  private let pending: UnsafeMutableBufferPointer<Float>
  private var start = 0
  private var end = 0

  private static let bins = FrontEnd.transformLength / 2 + 1

  public init() {
    filterbank = MelFilterbank(
      bands: FrontEnd.bands, bins: Self.bins, sampleRate: Double(FrontEnd.sampleRate),
      lowest: FrontEnd.lowestFrequency, highest: FrontEnd.highestFrequency)
    magnitudes = .allocate(capacity: max(filterbank.binsRead, Self.bins))
    magnitudes.initialize(repeating: 0)
    frame = .allocate(capacity: FrontEnd.bands)
    frame.initialize(repeating: 0)
    pending = .allocate(capacity: 4096)
    pending.initialize(repeating: 0)
  }

  deinit {
    magnitudes.deallocate()
    frame.deallocate()
    pending.deallocate()
  }

  /// Forgets what was taken.
  public func reset() {
    start = 0
    end = 0
  }

  /// Takes samples off the front of `samples` until a frame is complete.
  ///
  /// - Returns: the frame's 64 values, valid until the next call; `nil` once all samples are taken
  ///   and no frame is left.
  public func next(
    from samples: inout UnsafeBufferPointer<Float>
  ) -> UnsafeBufferPointer<Float>? {
    while end - start < FrontEnd.windowLength {
      guard !samples.isEmpty else { return nil }
      take(&samples)
    }
    analyse(UnsafeBufferPointer(rebasing: pending[start..<start + FrontEnd.windowLength]))
    start += FrontEnd.hop
    return UnsafeBufferPointer(frame)
  }

  private func take(_ samples: inout UnsafeBufferPointer<Float>) {
    if start > 0, let base = pending.baseAddress {
      base.update(from: base + start, count: end - start)
      end -= start
      start = 0
    }
    let count = min(samples.count, pending.count - end)
    let target = UnsafeMutableBufferPointer(rebasing: pending[end..<end + count])
    _ = target.update(fromContentsOf: samples[..<count])
    end += count
    samples = UnsafeBufferPointer(rebasing: samples[count...])
  }

  private func analyse(_ samples: UnsafeBufferPointer<Float>) {
    let input = transform.input
    window.withUnsafeBufferPointer { window in
      for index in 0..<FrontEnd.windowLength {
        input[index] = Double(samples[index]) * window[index]
      }
    }
    for index in FrontEnd.windowLength..<FrontEnd.transformLength { input[index] = 0 }
    transform.execute()
    takeMagnitudes()
    filterbank.apply(UnsafeBufferPointer(magnitudes), into: frame)
    for band in 0..<FrontEnd.bands { frame[band] = logf(frame[band] + FrontEnd.logOffset) }
  }

  private func takeMagnitudes() {
    let spectrum = UnsafeRawBufferPointer(transform.output)
    let target = UnsafeMutableRawBufferPointer(magnitudes)
    // 256 of the 257 bins; the last one, at 8 kHz, lies above the highest band.
    for bin in stride(from: 0, to: FrontEnd.transformLength / 2, by: 4) {
      let exact = spectrum.loadUnaligned(fromByteOffset: bin * 16, as: SIMD8<Double>.self)
      let values = SIMD8<Float>(exact)
      let power = values * values
      let magnitude = (power.evenHalf + power.oddHalf).squareRoot()
      target.storeBytes(of: magnitude, toByteOffset: bin * 4, as: SIMD4<Float>.self)
    }
  }
}
