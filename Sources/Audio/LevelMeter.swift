import CEbur128
import Core

/// Measures a recording's level while it passes by, in bounded memory.
///
/// Peak and silence are taken from the frames before downmixing, in which opposite channels cannot
/// cancel; loudness from the 16 kHz mono downmix.
public final class LevelMeter {
  /// Magnitude below which a block is silent: -60 dB of full scale.
  public static let silenceThreshold: Float = 0.001

  /// Largest absolute sample so far.
  public var peak: Double { Double(max(largest, blockPeak).value) }

  /// Share, 0–1, of the frames so far that lie in silent 10 ms blocks.
  public var silenceShare: Double {
    let open = frames - silentBlockStart
    let silent = silentFrames + (blockPeak < Self.threshold ? open : 0)
    return frames > 0 ? Double(silent) / Double(frames) : 0
  }

  /// Integrated loudness in LUFS (ITU-R BS.1770-4, by libebur128, whose histogram resolves
  /// 0.1 LU); `nil` if every 400 ms block lies below the gate.
  public var loudness: Double? {
    var value = 0.0
    guard ebur128_loudness_global(state, &value) == Int32(EBUR128_SUCCESS.rawValue) else {
      return nil
    }
    return value.isFinite ? value : nil
  }

  private static let threshold = SamplePeak(silenceThreshold)

  private let sampleRate: Int64
  private let channels: Int
  private let state: UnsafeMutablePointer<ebur128_state>
  private var largest = SamplePeak.zero
  private var frames: Int64 = 0
  private var silentFrames: Int64 = 0
  private var blockPeak = SamplePeak.zero
  private var blocks: Int64 = 0
  private var silentBlockStart: Int64 = 0

  /// - Throws: ``AnalysisFailure`` (`unavailable`) if libebur128 cannot allocate.
  public init(sampleRate: Int, channels: Int) throws(AnalysisFailure) {
    self.sampleRate = Int64(sampleRate)
    self.channels = channels
    let mode = Int32(EBUR128_MODE_I.rawValue | EBUR128_MODE_HISTOGRAM.rawValue)
    guard let state = ebur128_init(1, UInt(Resampler.outputRate), mode) else {
      throw AnalysisFailure(.unavailable, "no memory for the loudness meter")
    }
    self.state = state
  }

  deinit {
    var state: UnsafeMutablePointer<ebur128_state>? = state
    ebur128_destroy(&state)
  }

  /// Adds interleaved frames before downmixing, all of them finite.
  public func add(frames samples: UnsafeBufferPointer<Float>) {
    let end = frames + Int64(samples.count / channels)
    let first = frames
    while frames < end {
      // Blocks end where the clock passes a multiple of 10 ms: 11,025 Hz has no whole 10 ms.
      let blockEnd = (blocks + 1) * sampleRate / 100
      let stop = min(end, blockEnd)
      let part = samples[Int(frames - first) * channels..<Int(stop - first) * channels]
      blockPeak = max(blockPeak, SamplePeak(of: UnsafeBufferPointer(rebasing: part)))
      frames = stop
      if stop == blockEnd { closeBlock() }
    }
  }

  /// Adds 16 kHz mono samples.
  public func add(mono samples: UnsafeBufferPointer<Float>) {
    // Fails only for lack of memory, which a mono histogram does not need.
    _ = ebur128_add_frames_float(state, samples.baseAddress, samples.count)
  }

  private func closeBlock() {
    if blockPeak < Self.threshold { silentFrames += frames - silentBlockStart }
    largest = max(largest, blockPeak)
    silentBlockStart = frames
    blockPeak = .zero
    blocks += 1
  }
}
