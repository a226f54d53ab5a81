import Core

/// Recordings in memory: their peaks, and where each landmark occurs in them.
///
/// All recordings lie one behind the other on one line of frames, so that a posting is one number.
public struct LandmarkIndex: Sendable {
  /// Frames left free between recordings.
  static let gap = 64

  public let parameters: FingerprintParameters
  /// Each recording's first frame on the line.
  private(set) var firstFrames: [UInt32] = []
  /// Each recording's peaks in order of time.
  private(set) var peaks: [[Peak]] = []
  /// Each recording's length in frames.
  private(set) var lengths: [Int] = []
  /// `starts[k] ..< starts[k + 1]` are the postings of landmark k.
  private(set) var starts: [UInt32]
  /// Frames on the line, in rising order for each landmark.
  private(set) var postings: [UInt32]
  /// Buckets that are longer than this say too little to be read.
  let longest: Int

  public var count: Int { peaks.count }
  /// Frames of all recordings together.
  public var frames: Int { lengths.reduce(0, +) }
  public var landmarks: Int { postings.count }

  /// - Parameter recordings: of each, one grid.
  public init(_ recordings: [Constellation], _ parameters: FingerprintParameters) {
    self.parameters = parameters
    var starts = [UInt32](repeating: 0, count: Landmark.keys + 1)
    var next = UInt32(Self.gap)
    for recording in recordings {
      let kept = (recording.grids.first ?? []).strongest(parameters.recordingPeaks)
      let frames = recording.frames
      firstFrames.append(next)
      peaks.append(kept)
      lengths.append(frames)
      next += UInt32(frames + Self.gap)
      Landmark.ofRecording(kept, parameters) { starts[Int($0.key) + 1] += 1 }
    }
    var used = 0
    for k in 0..<Landmark.keys {
      if starts[k + 1] > 0 { used += 1 }
      starts[k + 1] += starts[k]
    }
    var places = starts
    var postings = [UInt32](repeating: 0, count: Int(starts[Landmark.keys]))
    for (peaks, first) in zip(peaks, firstFrames) {
      Landmark.ofRecording(peaks, parameters) {
        postings[Int(places[Int($0.key)])] = first + UInt32($0.frame)
        places[Int($0.key)] += 1
      }
    }
    longest = max(8, parameters.commonness * postings.count / max(1, used))
    self.starts = starts
    self.postings = postings
  }

  /// The recording that holds a frame of the line.
  func recording(at frame: UInt32) -> Int {
    var (low, high) = (0, firstFrames.count)
    while high - low > 1 {
      let middle = (low + high) / 2
      if firstFrames[middle] <= frame { low = middle } else { high = middle }
    }
    return low
  }
}
