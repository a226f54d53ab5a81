/// Votes for where on the line of frames a query begins: one for each landmark that they share.
///
/// Votes are counted in a table of fixed size, in which far places share a cell; those in the
/// fullest cells are then gone through again and counted exactly. Votes have a budget, which the
/// rarest landmarks spend first: they say most, and so neither time nor memory grows with the library.
struct Ballot {
  /// A place where the query may begin.
  struct Place {
    /// On the line of frames, before the query's first; modulo 2³².
    var start: UInt32
    /// A frame on the line where a shared landmark lies: tells the recording.
    var witness: UInt32
    var votes: Int
  }

  /// Frames to a cell, and the width of the window in which votes agree.
  private static let cellBits: UInt32 = 2
  private static let window: UInt32 = 4
  /// Cells that are looked into again, about.
  private static let finalists = 384

  private let index: LandmarkIndex
  private let budget: Int
  private var reader: LandmarkIndex.Reader
  private var keys: [Key] = []
  /// Of all keys.
  private var postings: [UInt32] = []
  private var cells: [UInt16] = []
  private var mask: Int { cells.count - 1 }

  /// - Parameter votes: what they may cost.
  init(_ index: LandmarkIndex, votes: Int) {
    self.index = index
    budget = votes
    reader = LandmarkIndex.Reader(index)
  }

  /// The places with the most votes, the most first, `limit` at most.
  mutating func winners(_ landmarks: QueryLandmarks, limit: Int) -> [Place] {
    let questions = Questions(landmarks)
    let votes = choose(questions)
    read(questions)
    prepare(expected: votes)
    count(questions)
    guard let threshold = threshold() else { return [] }
    var finals = collect(questions, threshold)
    finals.sort { ($0.start, $0.witness) < ($1.start, $1.witness) }
    let index = index
    return Array(Self.peaks(finals).lazy.filter { index.isLive(at: $0.witness) }.prefix(limit))
  }

  /// A key that votes.
  private struct Key {
    var key: UInt32
    var weight: UInt16
    /// The questions that ask for it.
    var asked: Range<Int>
    /// How often it occurs; then where its postings end.
    var length: Int
  }

  /// Takes the keys that are rare enough, and of them the rarest that the budget allows.
  /// - Returns: how many votes they have.
  private mutating func choose(_ questions: Questions) -> Int {
    let longest = index.longest
    var votes = [Int](repeating: 0, count: longest + 1)
    keys.removeAll(keepingCapacity: true)
    questions.forEachKey { key, asked in
      let length = reader.count(key)
      guard length > 0, length <= longest else { return }
      votes[length] += length * asked.count
      keys.append(
        Key(key: key, weight: Self.weight(length, longest), asked: asked, length: length))
    }
    var sum = 0
    for length in votes.indices {
      guard sum + votes[length] <= budget else {
        keys.removeAll { $0.length >= length }
        break
      }
      sum += votes[length]
    }
    return sum
  }

  private mutating func read(_ questions: Questions) {
    postings.removeAll(keepingCapacity: true)
    for i in keys.indices {
      reader.read(keys[i].key, into: &postings)
      keys[i].length = postings.count
    }
  }

  /// Empties the table and gives it about as many cells as there will be votes.
  private mutating func prepare(expected: Int) {
    var size = 1 << 14
    while size < expected, size < 1 << 22 { size *= 2 }
    if cells.count == size {
      for i in 0..<size { cells[i] = 0 }
    } else {
      cells = .init(repeating: 0, count: size)
    }
  }

  /// Calls `body` with where the query begins according to each vote, the posting that says so, and the
  /// vote's weight.
  @inline(__always)
  private func forEachVote(
    _ questions: Questions, _ body: (_ start: UInt32, _ posting: UInt32, UInt16) -> Void
  ) {
    var first = 0
    postings.withUnsafeBufferPointer { postings in
      for key in keys {
        for question in key.asked {
          let frame = questions.frame(question)
          for i in first..<key.length { body(postings[i] &- frame, postings[i], key.weight) }
        }
        first = key.length
      }
    }
  }

  private mutating func count(_ questions: Questions) {
    let mask = UInt32(mask)
    var cells = self.cells
    self.cells = []
    cells.withUnsafeMutableBufferPointer { cells in
      forEachVote(questions) { start, _, weight in
        let cell = Int(start >> Self.cellBits & mask)
        cells[cell] = min(65_000, cells[cell] &+ weight)
      }
    }
    self.cells = cells
  }

  /// Rare landmarks weigh more: by how many doublings they are rarer than the commonest.
  @inline(__always)
  private static func weight(_ length: Int, _ longest: Int) -> UInt16 {
    4 + UInt16(truncatingIfNeeded: length.leadingZeroBitCount - longest.leadingZeroBitCount)
  }

  @inline(__always)
  private func pair(_ cell: Int) -> Int { Int(cells[cell]) + Int(cells[(cell + 1) & mask]) }

  private func threshold() -> Int? {
    var histogram = [Int](repeating: 0, count: 4_096)
    for cell in 0..<cells.count { histogram[min(4_095, pair(cell))] += 1 }
    var above = 0
    for value in stride(from: 4_095, to: 0, by: -1) {
      above += histogram[value]
      if above > Self.finalists { return value + 1 }
    }
    return above > 0 ? 1 : nil
  }

  private struct Vote {
    var start: UInt32
    var witness: UInt32
    var weight: Int
  }

  private func collect(_ questions: Questions, _ threshold: Int) -> [Vote] {
    let mask = mask
    var isFinal = [Bool](repeating: false, count: cells.count)
    for cell in 0..<cells.count where pair(cell) >= threshold {
      isFinal[cell] = true
      isFinal[(cell + 1) & mask] = true
    }
    var votes: [Vote] = []
    isFinal.withUnsafeBufferPointer { isFinal in
      forEachVote(questions) { start, posting, weight in
        if isFinal[Int(start >> Self.cellBits) & mask] {
          votes.append(Vote(start: start, witness: posting, weight: Int(weight)))
        }
      }
    }
    return votes
  }

  /// The fullest windows, none within two windows of a fuller one.
  private static func peaks(_ votes: [Vote]) -> [Place] {
    var places: [Place] = []
    var (first, sum) = (0, 0)
    for (last, vote) in votes.enumerated() {
      sum += vote.weight
      while vote.start &- votes[first].start >= window {
        sum -= votes[first].weight
        first += 1
      }
      let middle = votes[(first + last) / 2]
      let place = Place(start: middle.start, witness: middle.witness, votes: sum)
      if let previous = places.last, place.start &- previous.start < 2 * window {
        if previous.votes < sum { places[places.count - 1] = place }
      } else {
        places.append(place)
      }
    }
    places.sort { ($0.votes, $1.start) > ($1.votes, $0.start) }
    return places
  }
}
