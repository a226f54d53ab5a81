import Core

/// Recordings' landmarks and peaks as one query sees them from beginning to end.
///
/// Their parts lie one behind the other on one line of frames, so that a posting is one number.
public struct LandmarkIndex: Sendable {
  /// Frames left free between recordings.
  static let gap = 64

  public let parameters: FingerprintParameters
  let parts: [Part]
  let records: Records
  private let keptPeaks = KeptPeaks()
  /// Each part's first frame on the line, and its first recording's number.
  private let firstFrames: [UInt32]
  private let firstNumbers: [Int]
  /// Buckets that are longer than this say too little to be read.
  let longest: Int

  /// Number of recordings. Within one index each has a number below ``numbers``.
  public let count: Int
  /// One more than the greatest number.
  public let numbers: Int
  /// Frames of all recordings together.
  public let frames: Int
  /// Landmarks, some of recordings that were removed.
  public let landmarks: Int

  /// Where a landmark occurs.
  public struct Posting: Sendable, Equatable {
    /// The recording's number in the index.
    public var recording: Int
    /// The frame of the landmark's first peak in that recording.
    public var frame: Int32
  }

  init(_ parts: [Part], _ records: Records, _ parameters: FingerprintParameters) {
    var (frame, number) = (UInt32(0), 0)
    var (firstFrames, firstNumbers): ([UInt32], [Int]) = ([], [])
    var unused = 1.0
    let possible =
      Double(parameters.bins.count * (2 * parameters.pairBins + 1))
      * Double(parameters.pairFrames.count)
    for part in parts {
      firstFrames.append(frame)
      firstNumbers.append(number)
      frame &+= UInt32(truncatingIfNeeded: part.frames)
      number += part.recordingCount
      unused *= max(0, 1 - Double(part.keysInUse) / possible)
    }
    self.parts = parts
    self.records = records
    self.parameters = parameters
    self.firstFrames = firstFrames
    self.firstNumbers = firstNumbers
    numbers = number
    count = parts.reduce(0) { $0 + $1.recordingCount - $1.deadCount }
    frames = parts.reduce(0) { $0 + $1.liveFrames }
    landmarks = parts.reduce(0) { $0 + $1.landmarks }
    // Exact for one part; of several, as if they used keys independently.
    let used = Int((possible * (1 - unused)).rounded())
    longest = max(8, parameters.commonness * landmarks / max(1, used))
  }

  /// An index in memory.
  /// - Parameter recordings: of each, one grid; their keys are 1, 2, 3, …
  public init(_ recordings: [Constellation], _ parameters: FingerprintParameters) {
    let kept = recordings.map { $0.stored(parameters) }
    var tail = Tail()
    tail.add(
      kept.enumerated().map { (RecordingKey(Int64($0 + 1)), $1, 0, 0) }, parameters)
    self.init([Part(id: 0, .tail(tail))], .memory(kept), parameters)
  }

  /// The key of the recording with this number; nil where there is none, or none any more.
  public func key(of number: Int) -> RecordingKey? {
    guard (0..<numbers).contains(number) else { return nil }
    let part = part(of: number)
    let slot = number - firstNumbers[part]
    return parts[part].isLive(slot) ? parts[part].recording(slot).key : nil
  }

  /// The peaks of the recording with this number, in order of time.
  public func peaks(of number: Int) -> [Peak] { key(of: number).map { peaks(of: $0) } ?? [] }

  /// The peaks of the recording with this key, in order of time. None for a recording that is not
  /// here, and for one whose record is damaged: ``LandmarkStore/check(progress:)`` tells which are.
  public func peaks(of key: RecordingKey) -> [Peak] {
    keptPeaks.peaks(of: key) { (try? records.constellation(of: key))?.grids.first ?? [] }
  }

  /// Calls `body` with each key that occurs, in rising order, and where it occurs, in rising order of
  /// number and frame.
  public func forEachKey(_ body: (_ key: UInt32, _ postings: [Posting]) -> Void) {
    var reader = Reader(self)
    var found: [Posting] = []
    var frames: [UInt32] = []
    var occupied = [Bool](repeating: false, count: RunBlock.blocks)
    for part in parts { part.mark(&occupied) }
    for key in RunBlock.keys(of: occupied) where reader.count(key) > 0 {
      found.removeAll(keepingCapacity: true)
      frames.removeAll(keepingCapacity: true)
      reader.read(key, into: &frames)
      for frame in frames where isLive(at: frame) {
        let number = recording(at: frame)
        found.append(
          Posting(recording: number, frame: Int32(bitPattern: frame &- firstFrame(of: number))))
      }
      if !found.isEmpty { body(key, found) }
    }
  }

  /// The recording that holds a frame of the line.
  func recording(at frame: UInt32) -> Int {
    let part = part(at: frame)
    return firstNumbers[part] + parts[part].slot(at: frame &- firstFrames[part])
  }

  /// Whether that recording still counts.
  func isLive(at frame: UInt32) -> Bool {
    let part = part(at: frame)
    return parts[part].deadCount == 0
      || parts[part].isLive(parts[part].slot(at: frame &- firstFrames[part]))
  }

  /// A recording's first frame on the line.
  func firstFrame(of number: Int) -> UInt32 {
    let part = part(of: number)
    return firstFrames[part] &+ parts[part].recording(number - firstNumbers[part]).first
  }

  /// A recording's length in frames.
  func frames(of number: Int) -> Int {
    let part = part(of: number)
    return Int(parts[part].recording(number - firstNumbers[part]).frames)
  }

  /// One past the line's last frame.
  var end: Int { parts.reduce(0) { $0 + $1.frames } }

  private func part(at frame: UInt32) -> Int {
    max(0, (firstFrames.firstIndex { $0 > frame } ?? firstFrames.count) - 1)
  }

  private func part(of number: Int) -> Int {
    max(0, (firstNumbers.firstIndex { $0 > number } ?? firstNumbers.count) - 1)
  }

  /// Reads postings key by key; cheap where keys come in order.
  struct Reader {
    private var runs: [(base: UInt32, cursor: Run.Cursor)] = []
    private var tails: [(base: UInt32, cursor: Tail.Cursor)] = []

    /// - Parameter frames: of the line; parts that have none of them are not read.
    init(_ index: LandmarkIndex, within frames: Range<Int> = 0..<Int.max) {
      for (part, base) in zip(index.parts, index.firstFrames)
      where frames.overlaps(Int(base)..<Int(base) + part.frames) {
        switch part.source {
        case .run(let run): runs.append((base, Run.Cursor(run)))
        case .tail(let tail): tails.append((base, Tail.Cursor(tail)))
        }
      }
    }

    /// How often a key occurs.
    mutating func count(_ key: UInt32) -> Int {
      var count = 0
      for i in runs.indices { count += runs[i].cursor.count(key) }
      for i in tails.indices { count += tails[i].cursor.count(key) }
      return count
    }

    /// Appends the frames on the line at which a key occurs, runs' first.
    @inline(__always)
    mutating func read(_ key: UInt32, into found: inout [UInt32]) {
      for i in runs.indices { runs[i].cursor.read(key, base: runs[i].base, into: &found) }
      for i in tails.indices { tails[i].cursor.read(key, base: tails[i].base, into: &found) }
    }
  }
}

extension Constellation {
  /// What a store keeps of a recording: one grid, and the peaks that its parameters ask for.
  func stored(_ parameters: FingerprintParameters) -> Constellation {
    var kept = self
    kept.grids = [(grids.first ?? []).strongest(parameters.recordingPeaks)]
    return kept
  }
}
