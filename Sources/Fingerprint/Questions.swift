/// What a query asks the index for: keys and the query's frames that they begin at, in order of key,
/// so that what lies together is read together and nothing twice.
struct Questions {
  /// A key and a frame each.
  private var entries: [UInt64] = []

  var count: Int { entries.count }

  init(_ landmarks: QueryLandmarks) {
    landmarks.forEach { key, frame in
      entries.append(UInt64(key) << 32 | UInt64(UInt32(bitPattern: frame)))
    }
    sort()
  }

  /// By key, in two rounds of counting.
  private mutating func sort() {
    let bits: UInt64 = 11
    var other = entries
    for shift in [UInt64(32), 32 + bits] {
      var places = [Int](repeating: 0, count: 1 << Int(bits) + 1)
      let mask: UInt64 = 1 << bits - 1
      for entry in entries { places[Int(entry >> shift & mask) + 1] += 1 }
      for i in 1..<places.count { places[i] += places[i - 1] }
      for entry in entries {
        let digit = Int(entry >> shift & mask)
        other[places[digit]] = entry
        places[digit] += 1
      }
      swap(&entries, &other)
    }
  }

  /// The query's frame that a question is about.
  @inline(__always)
  func frame(_ question: Int) -> UInt32 { UInt32(truncatingIfNeeded: entries[question]) }

  /// Calls `body` with each key, in rising order, and the questions that ask for it.
  @inline(__always)
  func forEachKey(_ body: (_ key: UInt32, _ questions: Range<Int>) -> Void) {
    var first = 0
    while first < entries.count {
      let key = entries[first] >> 32
      var end = first + 1
      while end < entries.count, entries[end] >> 32 == key { end += 1 }
      body(UInt32(truncatingIfNeeded: key), first..<end)
      first = end
    }
  }
}
