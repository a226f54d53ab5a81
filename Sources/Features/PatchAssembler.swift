/// 16 kHz mono samples to patches of 96 × 64 log-mel values: the network's input.
///
/// Patch `k` is made of frames `96·k` to `96·k + 95`, which are samples `15,360·k` to
/// `15,360·k + 15,599`. Where the samples end inside a patch, ``finish()`` decides by the number
/// of samples from that patch's start on:
/// - In the first patch, however few there are: the waveform is padded with zeros to 15,600 samples
///   and the patch kept; the recording is *short*.
/// - 7,680 (0.48 s) or more: the waveform is padded with zeros until the patch is complete, and it
///   is kept.
/// - Fewer: they are dropped. A whole patch reaches 240 samples into the next.
public final class PatchAssembler {
  /// The end of a recording.
  public struct End {
    /// The last, padded patch if one is kept; valid until the next call.
    public var patch: UnsafeBufferPointer<Float>?
    /// Whether all the audio was shorter than one patch.
    public var isShort: Bool
  }

  private let logMel = LogMel()
  private let patch: UnsafeMutableBufferPointer<Float>
  private let zeros: UnsafeMutableBufferPointer<Float>
  private var frames = 0
  private var patches: Int64 = 0
  private var samplesTaken: Int64 = 0

  public init() {
    patch = .allocate(capacity: FrontEnd.patchSize)
    patch.initialize(repeating: 0)
    zeros = .allocate(capacity: FrontEnd.patchSamples)
    zeros.initialize(repeating: 0)
  }

  deinit {
    patch.deallocate()
    zeros.deallocate()
  }

  /// Takes samples off the front of `samples` until a patch is complete.
  ///
  /// - Returns: the patch's 96 · 64 values, frame by frame, valid until the next call; `nil` once
  ///   all samples are taken and no patch is left.
  public func next(
    from samples: inout UnsafeBufferPointer<Float>
  ) -> UnsafeBufferPointer<Float>? {
    let before = samples.count
    defer { samplesTaken += Int64(before - samples.count) }
    while let frame = logMel.next(from: &samples) {
      let start = frames * FrontEnd.bands
      let row = UnsafeMutableBufferPointer(rebasing: patch[start..<start + FrontEnd.bands])
      _ = row.update(fromContentsOf: frame)
      frames += 1
      if frames == FrontEnd.patchFrames {
        frames = 0
        patches += 1
        return UnsafeBufferPointer(patch)
      }
    }
    return nil
  }

  /// Decides about what is left once ``next(from:)`` has given every whole patch, and starts anew.
  public func finish() -> End {
    defer { reset() }
    let isShort = patches == 0
    let rest = samplesTaken - patches * Int64(FrontEnd.patchHop)
    guard isShort || rest >= Int64(FrontEnd.leastPartial) else {
      return End(patch: nil, isShort: false)
    }
    var padding = UnsafeBufferPointer(zeros)
    return End(patch: next(from: &padding), isShort: isShort)
  }

  /// Forgets what was taken.
  public func reset() {
    logMel.reset()
    frames = 0
    patches = 0
    samplesTaken = 0
  }
}
