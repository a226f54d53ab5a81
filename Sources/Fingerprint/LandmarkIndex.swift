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
  private var peaks: [[Peak]] = []
  /// Each recording's length in frames.
  private(set) var lengths: [Int] = []
  /// `starts[k] ..< starts[k + 1]` are the postings of landmark k.
  private(set) var starts: [UInt32]
  /// Frames on the line, in rising order for each landmark.
  private(set) var postings: [UInt32]
  /// Buckets that are longer than this say too little to be read.
  let longest: Int

  /// Where a landmark occurs.
  public struct Posting: Sendable, Equatable {
    /// The recording's number in the index.
    public var recording: Int
    /// The frame of the landmark's first peak in that recording.
    public var frame: Int32
  }

  /// Number of recordings. Within one index each has a number below ``numbers``.
  public var count: Int { peaks.count }
  /// One more than the greatest number.
  public var numbers: Int { peaks.count }
  /// Frames of all recordings together.
  public var frames: Int { lengths.reduce(0, +) }
  public var landmarks: Int { postings.count }

  /// - Parameter recordings: of each, one grid; their keys are 1, 2, 3, …
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

  /// The key of the recording with this number; nil where there is none, or none any more.
  public func key(of number: Int) -> RecordingKey? {
    peaks.indices.contains(number) ? RecordingKey(Int64(number + 1)) : nil
  }

  /// The peaks of the recording with this number, in order of time.
  public func peaks(of number: Int) -> [Peak] {
    peaks.indices.contains(number) ? peaks[number] : []
  }

  /// The peaks of the recording with this key, in order of time.
  public func peaks(of key: RecordingKey) -> [Peak] { peaks(of: Int(key.rawValue) - 1) }

  /// Calls `body` with each key that occurs, in rising order, and where it occurs, in rising order of
  /// number and frame.
  public func forEachKey(_ body: (_ key: UInt32, _ postings: [Posting]) -> Void) {
    var found: [Posting] = []
    for key in 0..<Landmark.keys where starts[key] < starts[key + 1] {
      found.removeAll(keepingCapacity: true)
      for frame in postings[Int(starts[key])..<Int(starts[key + 1])] {
        let number = recording(at: frame)
        found.append(Posting(recording: number, frame: Int32(frame - firstFrames[number])))
      }
      body(UInt32(key), found)
    }
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
