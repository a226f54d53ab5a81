/// Memory for samples, 64-byte aligned, made once and used again.
public final class SampleBuffer {
  /// All of it; contents are undefined until written.
  public let samples: UnsafeMutableBufferPointer<Float>

  /// - Parameter capacity: samples, > 0.
  public init(capacity: Int) {
    let raw = UnsafeMutableRawBufferPointer.allocate(
      byteCount: max(1, capacity) * MemoryLayout<Float>.stride, alignment: 64)
    samples = raw.bindMemory(to: Float.self)
    samples.initialize(repeating: 0)
  }

  deinit { UnsafeMutableRawPointer(samples.baseAddress)?.deallocate() }

  /// The first `count` samples, to read.
  public func prefix(_ count: Int) -> UnsafeBufferPointer<Float> {
    UnsafeBufferPointer(rebasing: samples[..<count])
  }

  /// The first `count` samples, to write.
  public func mutablePrefix(_ count: Int) -> UnsafeMutableBufferPointer<Float> {
    UnsafeMutableBufferPointer(rebasing: samples[..<count])
  }
}
