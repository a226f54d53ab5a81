import Core

/// A set of slots, or of rows of the recordings file: one bit each.
struct RowSet: Sendable {
  /// Number of rows in the set.
  private(set) var count = 0
  private var words: [UInt64]

  /// The empty set, with room for rows below `limit`.
  init(below limit: Int) { words = [UInt64](repeating: 0, count: (limit + 63) / 64) }

  mutating func insert(_ row: Int) {
    guard !contains(row) else { return }
    words[row >> 6] |= 1 << UInt64(row & 63)
    count += 1
  }

  func contains(_ row: Int) -> Bool {
    words[row >> 6] & (1 << UInt64(row & 63)) != 0
  }

  mutating func remove(_ row: Int) {
    guard contains(row) else { return }
    words[row >> 6] &= ~(1 << UInt64(row & 63))
    count -= 1
  }

  /// The rows of one block of sketches: bit i is row 16 · `block` + i.
  func mask(ofBlock block: Int) -> UInt16 {
    UInt16(truncatingIfNeeded: words[block >> 2] >> (UInt64(block & 3) * 16))
  }

  /// The first row of the set from `row` on and below `limit`, or `limit`. Complexity: O(1) for each 64
  /// rows passed.
  func next(from row: Int, below limit: Int) -> Int {
    guard row < limit else { return limit }
    var word = row >> 6
    var rest = words[word] & (~0 << UInt64(row & 63))
    while rest == 0 {
      word += 1
      guard word << 6 < limit else { return limit }
      rest = words[word]
    }
    return min(limit, word << 6 + rest.trailingZeroBitCount)
  }

  /// The end of the run of neighbours that `row`, one of the set, begins, `limit` at most.
  func endOfRun(from row: Int, below limit: Int) -> Int {
    var word = row >> 6
    var rest = ~words[word] & (~0 << UInt64(row & 63))
    while rest == 0 {
      word += 1
      guard word << 6 < limit else { return limit }
      rest = ~words[word]
    }
    return min(limit, word << 6 + rest.trailingZeroBitCount)
  }

  /// Part `part` of the rows below `limit`, cut into `parts` that have about as many of the set, at
  /// whole words of 64 rows.
  func slice(below limit: Int, part: Int, of parts: Int) -> Range<Int> {
    var borders = [0]
    var passed = 0
    for word in words.indices where borders.count < parts {
      passed += words[word].nonzeroBitCount
      while borders.count < parts, passed >= count * borders.count / parts {
        borders.append((word + 1) << 6)
      }
    }
    while borders.count < parts { borders.append(limit) }
    borders.append(limit)
    return min(borders[part], limit)..<min(borders[part + 1], limit)
  }
}
