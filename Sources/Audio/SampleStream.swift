import Core

/// One pass over a file: decodes, hashes, measures, downmixes and resamples block by block.
///
/// Blocks are small enough to stay in the cache from the decoder to the network's front end, and
/// are handed on as views. A stream serves one file after another with the same memory.
public final class SampleStream {
  /// What a whole pass tells.
  public struct Summary: Sendable {
    public var recording: RecordingID
    public var facts: AudioFacts
  }

  /// Samples decoded at once, over all channels.
  static let blockSamples = 16_384
  /// Frames decoded at once, at least: with very many channels calls would otherwise cost more
  /// than work.
  static let minimalFrames = 256

  private var frames = SampleBuffer(capacity: blockSamples)
  private let mono = SampleBuffer(capacity: blockSamples)
  private var resampler: Resampler?

  public init() {}

  /// Reads `file` to its end.
  ///
  /// - Parameters:
  ///   - file: newly opened.
  ///   - progress: called after every block with the seconds decoded so far.
  ///   - sink: receives the 16 kHz mono samples in order, in blocks of any size, each valid during
  ///     the call only.
  /// - Throws: ``AnalysisFailure``: those of ``AudioFile``, `notFinite`, or what `sink` throws.
  public func run(
    _ file: AudioFile, progress: (Double) -> Void = { _ in }, _ sink: Resampler.Sink
  ) throws(AnalysisFailure) -> Summary {
    let channels = file.channels
    let resampler = try resampler(for: file.sampleRate)
    let meter = try LevelMeter(sampleRate: file.sampleRate, channels: channels)
    var hasher = RecordingHasher(sampleRate: file.sampleRate, channels: channels)
    var unusable: Int64 = 0
    var cancelling = ChannelCancellation(channels: channels)
    let size = max(Self.blockSamples / channels, Self.minimalFrames) * channels
    if frames.samples.count < size { frames = SampleBuffer(capacity: size) }

    func metered(_ block: UnsafeBufferPointer<Float>) throws(AnalysisFailure) {
      meter.add(mono: block)
      try sink(block)
    }

    while true {
      let count = try file.read(into: frames.mutablePrefix(size))
      if count == 0 { break }
      let block = frames.mutablePrefix(count * channels)
      hasher.update(UnsafeBufferPointer(block))
      unusable += Self.replaceUnusable(in: block)
      meter.add(frames: UnsafeBufferPointer(block))
      let mixed = downmixed(UnsafeBufferPointer(block), channels)
      cancelling.add(UnsafeBufferPointer(block), mixed)
      try resampler.push(mixed, metered)
      progress(Double(file.framesRead) / Double(file.sampleRate))
    }
    try file.finish()
    let samples = file.framesRead * Int64(channels)
    guard unusable < samples else {
      throw AnalysisFailure(.notFinite, "none of its samples is a finite number")
    }
    try resampler.flush(metered)
    var facts = AudioFacts(
      duration: Double(file.framesRead) / Double(file.sampleRate), sampleRate: file.sampleRate,
      channels: channels, frames: file.framesRead, container: file.container, codec: file.codec,
      peak: meter.peak, loudness: meter.loudness, silenceShare: meter.silenceShare,
      warnings: file.warnings)
    if unusable > 0 {
      facts.warnings.append(
        "\(unusable) of \(samples) samples are not finite numbers, and were taken as silence")
    }
    if cancelling.isTotal {
      facts.warnings.append(
        "its channels cancel each other out in the mix to mono, which is what is analysed")
    }
    return Summary(recording: hasher.finalize(), facts: facts)
  }

  private func downmixed(
    _ block: UnsafeBufferPointer<Float>, _ channels: Int
  ) -> UnsafeBufferPointer<Float> {
    guard channels > 1 else { return block }
    let target = mono.mutablePrefix(block.count / channels)
    Downmixer.downmix(block, channels: channels, into: target)
    return UnsafeBufferPointer(target)
  }

  /// The last file's resampler where the rate is the same, since most libraries have one rate.
  private func resampler(for rate: Int) throws(AnalysisFailure) -> Resampler {
    if let resampler, resampler.inputRate == rate {
      try resampler.reset()
      return resampler
    }
    let new = try Resampler(inputRate: rate)
    resampler = new
    return new
  }

  /// Puts 0 in place of NaN, infinities and absurd values; returns how many there were.
  private static func replaceUnusable(in samples: UnsafeMutableBufferPointer<Float>) -> Int64 {
    if SamplePeak(of: UnsafeBufferPointer(samples)).isUsable { return 0 }
    var count: Int64 = 0
    for index in samples.indices where !SamplePeak(samples[index]).isUsable {
      samples[index] = 0
      count += 1
    }
    return count
  }
}
