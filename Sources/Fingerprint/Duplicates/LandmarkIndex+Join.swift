extension LandmarkIndex {
  /// How often a landmark occurs.
  @inline(__always)
  func occurrences(of key: UInt32) -> Int { Int(starts[Int(key) + 1] - starts[Int(key)]) }

  /// Frames on the line where a landmark occurs, in rising order.
  @inline(__always)
  func withPostings(of key: UInt32, _ body: (UnsafeBufferPointer<UInt32>) -> Void) {
    let (from, to) = (Int(starts[Int(key)]), Int(starts[Int(key) + 1]))
    postings.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[from..<to])) }
  }

  /// Buckets that are longer than this are not read to join: what is sampled is rare, and where it is
  /// not at another warp, reading it costs more than it says.
  var longestToJoin: Int { max(8, longest / 8) }

  /// Frames of the recording with this number.
  func frames(of number: Int) -> Int { lengths[number] }

  /// One past the line's last frame.
  var end: Int { zip(firstFrames, lengths).map { Int($0) + $1 }.max() ?? 0 }
}
