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

  /// More frames than any audio has that can be heard: 24 days at the default hop. Times in eighths of a
  /// frame, and sums of two of them, then fit 32 bits.
  public static let mostFrames = 1 << 27
  /// The same in samples.
  public static let mostSamples = 1 << 35

  /// Whether its numbers can be those of audio: lengths in their bounds, peaks in order of time (those of
  /// one row come in order of frequency, and their interpolated times go back and forth by less than a
  /// frame), frequencies and ranks of 16 bits. To be asked of what comes from outside. Complexity: O(n).
  public var isPlausible: Bool {
    guard (0...Self.mostSamples).contains(samples), (0...Self.mostFrames).contains(frames),
      (0...Self.mostFrames).contains(soundingFrames)
    else { return false }
    let numbers = 0...Int32(UInt16.max)
    return grids.allSatisfy { grid in
      var last = Self.times.lowerBound
      for peak in grid {
        guard Self.times.contains(peak.time), peak.time > last - Peak.scale,
          numbers.contains(peak.frequency), numbers.contains(peak.rank)
        else { return false }
        last = peak.time
      }
      return true
    }
  }

  /// A peak's possible times, interpolation included.
  public static let times = -8 * Peak.scale...Int32(mostFrames + 8) * Peak.scale

  public init(grids: [[Peak]], samples: Int, frames: Int, soundingFrames: Int) {
    self.grids = grids
    self.samples = samples
    self.frames = frames
    self.soundingFrames = soundingFrames
  }
}
