/// The postings of an index's rarer landmarks, unpacked: a join looks them up in no order, a few hundred
/// for each recording and warp.
///
/// 4 bytes for each landmark that is not too common, and 8 MB.
struct JoinTable {
  /// Buckets that are longer than this are left out: what is sampled is rare, and where it is not at
  /// another warp, reading it costs more than it says.
  let longest: Int
  /// `starts[k] ..< starts[k + 1]` are the postings of landmark k.
  private var starts: [UInt32]
  /// Frames on the index's line.
  private var postings: [UInt32] = []

  init(_ index: LandmarkIndex) {
    longest = max(8, index.longest / 8)
    starts = .init(repeating: 0, count: Landmark.keys + 1)
    var reader = LandmarkIndex.Reader(index)
    for key in 0..<Landmark.keys {
      let count = reader.count(UInt32(key))
      if count > 0, count <= longest {
        reader.read(UInt32(key), into: &postings)
      }
      starts[key + 1] = UInt32(postings.count)
    }
  }

  /// How often a landmark occurs; 0 where it is too common.
  @inline(__always)
  func occurrences(of key: UInt32) -> Int { Int(starts[Int(key) + 1] - starts[Int(key)]) }

  /// Frames on the line where a landmark occurs; none where it is too common.
  @inline(__always)
  func withPostings(of key: UInt32, _ body: (UnsafeBufferPointer<UInt32>) -> Void) {
    let (from, to) = (Int(starts[Int(key)]), Int(starts[Int(key) + 1]))
    postings.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[from..<to])) }
  }
}
