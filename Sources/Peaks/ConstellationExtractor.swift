import Core

/// Samples at 16 kHz → a recording's or a query's constellation, streamed.
///
/// Memory grows by a few hundred bytes a second for the peaks that are kept, and by nothing else. The
/// result does not depend on how the samples are cut into blocks. Not for use from several threads at
/// once. About 3,000 × real time on one core for each grid.
public final class ConstellationExtractor {
  private let extractors: [PeakExtractor]
  private var grids: [[Peak]]
  private var samples = 0

  public init(_ parameters: FingerprintParameters, role: Constellation.Role) {
    switch role {
    case .recording:
      extractors = [PeakExtractor(parameters, limit: parameters.recordingPeaks)]
    case .query:
      extractors = [0, parameters.hop / 2].map {
        PeakExtractor(parameters, limit: parameters.queryPeaks, skip: $0)
      }
    }
    grids = extractors.map { _ in [] }
  }

  /// Takes more samples, in [-1, 1].
  public func append(_ block: UnsafeBufferPointer<Float>) {
    samples += block.count
    for (grid, extractor) in extractors.enumerated() {
      extractor.append(block) { grids[grid].append($0) }
    }
  }

  /// The constellation of all samples. Nothing may be appended afterwards.
  public func finish() -> Constellation {
    for (grid, extractor) in extractors.enumerated() {
      extractor.finish { grids[grid].append($0) }
    }
    return Constellation(
      grids: grids, samples: samples, frames: extractors.first?.frames ?? 0,
      soundingFrames: extractors.map(\.soundingFrames).max() ?? 0)
  }

  /// The constellation of samples that are all at hand.
  public static func constellation(
    of samples: [Float], _ parameters: FingerprintParameters, role: Constellation.Role
  ) -> Constellation {
    let extractor = ConstellationExtractor(parameters, role: role)
    samples.withUnsafeBufferPointer { extractor.append($0) }
    return extractor.finish()
  }
}
