import Core

/// Samples at 16 kHz → the peaks of their spectrogram, streamed.
///
/// Memory is bounded: a second or so of rows, whatever the audio's length. The result does not depend
/// on how the samples are cut into blocks. Not for use from several threads at once.
public final class PeakExtractor {
  private let spectrum: LogSpectrum
  private let whitening: Whitening
  private let finder: PeakFinder
  private var ranking: PeakRanking
  private let skipped: Int
  private var toSkip: Int
  private let shift: Int32
  /// Frames so far.
  public var frames: Int { whitening.received }
  /// Frames so far that hold more than silence.
  public private(set) var soundingFrames = 0

  /// A bin at −70 dB of a full-scale sine is sound.
  private static let sound: Int16 = LogSpectrum.log2(1e-7)

  /// - Parameters:
  ///   - limit: peaks of this rank and above are dropped.
  ///   - skip: samples to leave out at the beginning; the peaks' times still count from the first
  ///     sample. Half a hop gives frames halfway between the usual ones.
  public init(_ parameters: FingerprintParameters, limit: Int, skip: Int = 0) {
    spectrum = LogSpectrum(parameters)
    whitening = Whitening(parameters)
    finder = PeakFinder(parameters)
    ranking = PeakRanking(parameters, limit: limit)
    skipped = skip
    toSkip = skip
    shift = Int32(skip) * Peak.scale / Int32(parameters.hop)
    width = parameters.bins.count
  }

  private let width: Int

  /// Takes more samples, in [-1, 1], and hands on the peaks that they settle, in order of time.
  public func append(_ samples: UnsafeBufferPointer<Float>, peak: (Peak) -> Void) {
    let left = min(toSkip, samples.count)
    toSkip -= left
    let rest = UnsafeBufferPointer(rebasing: samples[left...])
    spectrum.append(rest) { row in
      var loudest = Int16.min
      for i in 0..<width { loudest = max(loudest, row[i]) }
      if loudest > Self.sound { soundingFrames += 1 }
      whitening.append(row) { finder.append($0) { rank($0, peak) } }
    }
  }

  /// Hands on the last peaks. Nothing may be appended afterwards.
  public func finish(peak: (Peak) -> Void) {
    whitening.finish { finder.append($0) { rank($0, peak) } }
    finder.finish { rank($0, peak) }
    ranking.finish(frames: frames) { peak(shifted($0)) }
  }

  private func rank(_ found: Maximum, _ peak: (Peak) -> Void) {
    ranking.append(found) { peak(shifted($0)) }
  }

  private func shifted(_ peak: Peak) -> Peak {
    var moved = peak
    moved.time += shift
    return moved
  }
}
