/// An excerpt to be named: its peaks on two grids of frames, half a hop apart.
///
/// An excerpt begins anywhere between two frames of the recording, and peaks depend on where frames
/// lie; with two grids one of them is within a quarter of a hop.
public struct Query: Sendable {
  /// Peaks of each grid, in order of time; times count from the excerpt's first sample.
  public private(set) var grids: [[Peak]]
  /// Length in seconds.
  public let seconds: Double
  /// Seconds that hold more than silence.
  public let soundingSeconds: Double
  /// Frames of the first grid.
  let frames: Int

  public init(_ samples: [Float], _ parameters: FingerprintParameters) {
    var grids: [[Peak]] = []
    var frames = 0
    var sounding = 0
    for skip in [0, parameters.hop / 2] {
      let extractor = PeakExtractor(parameters, limit: parameters.queryPeaks, skip: skip)
      var peaks: [Peak] = []
      samples.withUnsafeBufferPointer { extractor.append($0) { peaks.append($0) } }
      extractor.finish { peaks.append($0) }
      grids.append(peaks)
      frames = max(frames, extractor.frames)
      sounding = max(sounding, extractor.soundingFrames)
    }
    self.grids = grids
    self.frames = frames
    seconds = Double(samples.count) / Double(parameters.sampleRate)
    soundingSeconds = Double(sounding) * parameters.frameSeconds
  }

  /// Without the peaks that `isExplained`.
  func without(_ isExplained: (Peak) -> Bool) -> Query {
    var rest = self
    rest.grids = grids.map { $0.filter { !isExplained($0) } }
    return rest
  }
}
