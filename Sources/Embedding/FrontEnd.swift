/// The numbers of the log-mel front end that a model was trained behind.
///
/// There is one: VGGish's (Hershey et al., "CNN architectures for large-scale audio
/// classification", 2017). Models name their numbers all the same, so that one made for another
/// front end is refused rather than fed the wrong pictures.
public struct FrontEnd: Hashable, Sendable {
  /// Samples a second.
  public var sampleRate: Int
  /// Samples in a periodic Hann window, from one window's start to the next's, and in the FFT.
  public var window: Int
  public var hop: Int
  public var fft: Int
  /// HTK mel bands and the range that they cover, in hertz.
  public var bands: Int
  public var lowestFrequency: Double
  public var highestFrequency: Double
  /// Added to a band's magnitude before the logarithm.
  public var logOffset: Double
  /// Frames in a patch, and from one patch's start to the next's.
  public var patchFrames: Int
  public var patchHop: Int

  /// What Hark computes.
  public static let vggish = FrontEnd(
    sampleRate: 16_000, window: 400, hop: 160, fft: 512, bands: 64, lowestFrequency: 125,
    highestFrequency: 7500, logOffset: 0.01, patchFrames: 96, patchHop: 96)
}

extension FrontEnd {
  /// From the metadata value `front_end`: a JSON object with exactly these keys; `nil` otherwise.
  init?(_ json: JSON) {
    guard let members = json.object, members.count == 10,
      let sampleRate = members["sample_rate"]?.count, let window = members["window"]?.count,
      let hop = members["hop"]?.count, let fft = members["fft"]?.count,
      let bands = members["bands"]?.count, let lowest = members["lowest_frequency"]?.number,
      let highest = members["highest_frequency"]?.number,
      let offset = members["log_offset"]?.number, let frames = members["patch_frames"]?.count,
      let patchHop = members["patch_hop"]?.count
    else { return nil }
    self.init(
      sampleRate: sampleRate, window: window, hop: hop, fft: fft, bands: bands,
      lowestFrequency: lowest, highestFrequency: highest, logOffset: offset, patchFrames: frames,
      patchHop: patchHop)
  }
}
