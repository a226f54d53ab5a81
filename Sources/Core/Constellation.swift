/// What fingerprinting hears of a piece of audio: the peaks of its spectrogram (the "constellation map"
/// of Wang, ISMIR 2003).
public struct Constellation: Hashable, Sendable {
  /// The peaks on each grid of frames, in order of time; times count from the first sample.
  ///
  /// A recording has one grid. An excerpt begins anywhere between two frames of its recording, and
  /// peaks depend on where frames lie; so a query has a second grid, half a hop after the first, and
  /// one of the two is within a quarter of a hop.
  public var grids: [[Peak]]
  /// Length in samples at 16 kHz.
  public var samples: Int
  /// Frames of the first grid.
  public var frames: Int
  /// Frames that hold more than silence, of the grid that has more of them.
  public var soundingFrames: Int

  /// What a constellation is for, which decides how much of it there is.
  public enum Role: String, Sendable {
    /// To be stored: one grid, few peaks.
    case recording
    /// To be searched for: two grids, many peaks.
    case query
  }

  public init(grids: [[Peak]], samples: Int, frames: Int, soundingFrames: Int) {
    self.grids = grids
    self.samples = samples
    self.frames = frames
    self.soundingFrames = soundingFrames
  }
}
