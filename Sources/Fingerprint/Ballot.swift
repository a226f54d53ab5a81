/// Votes for where on the line of frames a query begins: one for each landmark that they share.
///
/// Votes are counted in a table of fixed size, in which far places share a cell; those in the
/// fullest cells are then looked up again and counted exactly. So memory does not grow with votes.
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
  private var cells: [UInt16] = []
  private var mask: Int { cells.count - 1 }

  init(_ index: LandmarkIndex) { self.index = index }

  /// The places with the most votes, the most first, `limit` at most.
  mutating func winners(_ landmarks: QueryLandmarks, limit: Int) -> [Place] {
    let questions = Questions(landmarks)
    prepare(expected: questions.count * max(1, index.landmarks / Landmark.keys))
    count(questions)
    guard let threshold = threshold() else { return [] }
    var votes = collect(questions, threshold)
    votes.sort { ($0.start, $0.witness) < ($1.start, $1.witness) }
    let index = index
    return Array(Self.peaks(votes).lazy.filter { index.isLive(at: $0.witness) }.prefix(limit))
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

  /// Calls `body` with the postings of each key that is rare enough, what they weigh, and the query's
  /// frames that ask for it.
  @inline(__always)
  private func forEachKey(
    _ questions: Questions,
    _ body: (UnsafeBufferPointer<UInt32>, UInt16, ArraySlice<UInt64>) -> Void
  ) {
    var reader = LandmarkIndex.Reader(index)
    let longest = index.longest
    questions.forEachKey { key, asked in
      let length = reader.count(key)
      guard length > 0, length <= longest else { return }
      let weight = Self.weight(length, longest)
      reader.read(key) { body($0, weight, asked) }
    }
  }

  private mutating func count(_ questions: Questions) {
    let mask = UInt32(mask)
    var cells = self.cells
    self.cells = []
    cells.withUnsafeMutableBufferPointer { cells in
      forEachKey(questions) { postings, weight, asked in
        for question in asked {
          let frame = UInt32(truncatingIfNeeded: question)
          for posting in postings {
            let cell = Int((posting &- frame) >> Self.cellBits & mask)
            cells[cell] = min(65_000, cells[cell] &+ weight)
          }
        }
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
      forEachKey(questions) { postings, weight, asked in
        for question in asked {
          let frame = UInt32(truncatingIfNeeded: question)
          for posting in postings {
            let start = posting &- frame
            if isFinal[Int(start >> Self.cellBits) & mask] {
              votes.append(Vote(start: start, witness: posting, weight: Int(weight)))
            }
          }
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
