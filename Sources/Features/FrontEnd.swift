/// The numbers of the network's front end: VGGish's own, so that VGGish weights work unchanged
/// (Hershey et al., "CNN Architectures for Large-Scale Audio Classification", ICASSP 2017).
public enum FrontEnd {
  /// Samples per second, mono, in [-1, 1].
  public static let sampleRate = 16_000
  /// Samples in one analysis window: 25 ms.
  public static let windowLength = 400
  /// Samples from one window's start to the next's: 10 ms.
  public static let hop = 160
  /// Points of the Fourier transform; a window is padded with zeros to it.
  public static let transformLength = 512
  /// Mel bands.
  public static let bands = 64
  /// Lower edge of the lowest band and upper edge of the highest, in Hz.
  public static let lowestFrequency = 125.0
  public static let highestFrequency = 7_500.0
  /// Added to each mel magnitude before the logarithm.
  public static let logOffset: Float = 0.01
  /// Frames in a patch, and from one patch's start to the next's.
  public static let patchFrames = 96
  /// Values in a patch: frames × bands.
  public static let patchSize = patchFrames * bands
  /// Samples that a whole patch is made of: 95 hops and a window.
  public static let patchSamples = (patchFrames - 1) * hop + windowLength
  /// Samples from one patch's start to the next's: 0.96 s.
  public static let patchHop = patchFrames * hop
  /// Samples that a last partial patch needs to be kept: 0.48 s.
  public static let leastPartial = patchHop / 2
}
