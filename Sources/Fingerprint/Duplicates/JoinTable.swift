/// How often each of an index's rarer landmarks occurs, and the stretches of its line that a join looks
/// at one after the other: all postings at once would take 90 kB for each song.
struct JoinTable {
  /// Postings that are held at once, about: 64 MB of them.
  static let atOnce = 1 << 24

  /// Landmarks that occur more often than this are left out: what is sampled is rare, and where it is
  /// not at another warp, reading it costs more than it says.
  let longest: Int
  /// Numbers of recordings, in order: of each of these, the postings are held at once. One recording
  /// at least.
  let slices: [Range<Int>]
  /// Postings of all slices.
  let postings: Int
  /// 0 where a landmark is too common.
  private let counts: [UInt32]

  init(_ index: LandmarkIndex, atOnce: Int = Self.atOnce) {
    let longest = max(8, index.longest / 8)
    var reader = LandmarkIndex.Reader(index)
    var postings = 0
    counts = (0..<Landmark.keys).map { key in
      let count = reader.count(UInt32(key))
      guard count <= longest else { return 0 }
      postings += count
      return UInt32(count)
    }
    self.longest = longest
    self.postings = postings
    // Landmarks come at much the same rate everywhere, so that frames tell how many there are.
    let share = min(1, Double(max(1, atOnce)) / Double(max(1, postings)))
    slices = Self.slices(of: index, frames: Int(Double(index.end) * share))
  }

  /// How often a landmark occurs; 0 where it is too common.
  @inline(__always)
  func occurrences(of key: UInt32) -> Int { Int(counts[Int(key)]) }

  private static func slices(of index: LandmarkIndex, frames: Int) -> [Range<Int>] {
    var slices: [Range<Int>] = []
    var begin = 0
    for number in 0..<index.numbers {
      let length = index.lineFrames(of: begin..<number + 1).count
      guard length > frames, number > begin else { continue }
      slices.append(begin..<number)
      begin = number
    }
    if begin < index.numbers { slices.append(begin..<index.numbers) }
    return slices
  }
}

/// The postings of a ``JoinTable``'s landmarks in a stretch of the line, unpacked: a join looks them up
/// in no order, a few hundred for each recording and warp.
///
/// 4 bytes for each posting, and 8 MB.
struct JoinSlice {
  /// `starts[k] ..< starts[k + 1]` are the postings of landmark k.
  private var starts: [UInt32]
  /// Frames on the index's line.
  private var postings: [UInt32] = []

  /// Of nothing.
  init() { starts = .init(repeating: 0, count: Landmark.keys + 1) }

  /// - Parameter recordings: their numbers.
  init(_ index: LandmarkIndex, _ table: JoinTable, recordings: Range<Int>) {
    let frames = index.lineFrames(of: recordings)
    starts = .init(repeating: 0, count: Landmark.keys + 1)
    // A little more than expected, so that the array isn't copied to one of twice the size.
    let share = Double(frames.count) / Double(max(1, index.end))
    postings.reserveCapacity(Int(1.1 * share * Double(table.postings)))
    var reader = LandmarkIndex.Reader(index, within: frames)
    var found: [UInt32] = []
    for key in 0..<Landmark.keys {
      if table.occurrences(of: UInt32(key)) > 0 {
        found.removeAll(keepingCapacity: true)
        reader.read(UInt32(key), into: &found)
        for frame in found where frames.contains(Int(frame)) { postings.append(frame) }
      }
      starts[key + 1] = UInt32(postings.count)
    }
  }

  /// Frames on the line where a landmark occurs; none where it is too common.
  @inline(__always)
  func withPostings(of key: UInt32, _ body: (UnsafeBufferPointer<UInt32>) -> Void) {
    let (from, to) = (Int(starts[Int(key)]), Int(starts[Int(key) + 1]))
    postings.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[from..<to])) }
  }
}

extension LandmarkIndex {
  /// The stretch of the line that holds some recordings and the gaps behind them.
  func lineFrames(of numbers: Range<Int>) -> Range<Int> {
    guard !numbers.isEmpty else { return 0..<0 }
    let from = Int(firstFrame(of: numbers.lowerBound))
    let to = numbers.upperBound < self.numbers ? Int(firstFrame(of: numbers.upperBound)) : end
    return from..<max(from, to)
  }
}
