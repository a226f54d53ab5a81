/// Everything that decides what a landmark is and how landmarks are searched for.
///
/// The first group is baked into what is stored: records made with different values of it cannot be
/// compared, so that a change there is a new ``version``. The second group may change at any time.
/// `Benchmarks/identify` sweeps both and holds the measurements behind the values here.
public struct FingerprintParameters: Sendable, Equatable {
  /// Of the stored group, written into every store of landmarks.
  public var version = 1

  // MARK: Stored

  /// Of the samples, in hertz.
  public let sampleRate = 16_000
  /// Samples under one window; also the length of the transform.
  public var window = 1_024
  /// Samples from one frame to the next.
  public var hop = 256
  /// First and one past the last frequency bin in which peaks are looked for.
  public var bins = 8..<352
  /// A peak is the greatest value within so many frames before and after it …
  public var peakFrames = 4
  /// … and so many bins below and above it.
  public var peakBins = 9
  /// The local mean that is taken off each value reaches over so many frames either side …
  ///
  /// Wide in frequency and about half a second long is what hears best through rooms and noise: 12
  /// frames by 24 bins named .89 of the sweep's excerpts, 24 by 96 .94, 16 by 172 .95.
  public var meanFrames = 16
  /// … and so many bins either side.
  public var meanBins = 172
  /// Peaks compete with those of so many frames before and after: rate control in time.
  public var rankFrames = 31
  /// Peaks a recording keeps of those 2 · ``rankFrames`` + 1 frames.
  public var recordingPeaks = 32
  /// Landmarks that begin at one peak of a recording, at most.
  public var fanOut = 3
  /// Frames from a landmark's first peak to its second.
  public var pairFrames = 2...31
  /// Bins from a landmark's first peak to its second, at most, up or down.
  public var pairBins = 63

  // MARK: Searching

  /// Peaks a query keeps of 2 · ``rankFrames`` + 1 frames in the dense search.
  public var queryPeaks = 90
  /// The same in the sparse search, which comes first.
  public var sparsePeaks = 36
  /// Landmarks that occur more often than this many times their mean say little and are skipped.
  public var commonness = 24
  /// Votes that one search may cost, which the rarest landmarks spend first: bounds its time and memory
  /// in a large library, and is far from reached in a small one.
  public var votes = 1 << 20
  /// The same for each warp of the grid. At 1,000 hours a sixteenth of the above names the same of the
  /// excerpts in `Benchmarks/identify`, in half of the time.
  public var warpVotes = 1 << 16
  /// Alignments that are verified after each search, by votes.
  public var candidates = 24
  /// How far a query's peak may lie from a recording's, in frames …
  public var toleranceFrames = 1.25
  /// … and in bins.
  public var toleranceBins = 0.75

  public init() {}

  /// Seconds from one frame to the next.
  public var frameSeconds: Double { Double(hop) / Double(sampleRate) }
}
