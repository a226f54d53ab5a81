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
    prepare(landmarks)
    count(landmarks)
    guard let threshold = threshold() else { return [] }
    var votes = collect(landmarks, threshold)
    votes.sort { ($0.start, $0.witness) < ($1.start, $1.witness) }
    return Self.peaks(votes, limit)
  }

  /// Empties the table and gives it about as many cells as there will be votes.
  private mutating func prepare(_ landmarks: QueryLandmarks) {
    var expected = 0
    landmarks.forEach { _, _ in expected += 1 }
    expected *= max(1, index.landmarks / Landmark.keys)
    var size = 1 << 14
    while size < expected, size < 1 << 22 { size *= 2 }
    if cells.count == size {
      for i in 0..<size { cells[i] = 0 }
    } else {
      cells = .init(repeating: 0, count: size)
    }
  }

  private mutating func count(_ landmarks: QueryLandmarks) {
    let mask = UInt32(mask)
    let longest = index.longest
    index.starts.withUnsafeBufferPointer { starts in
      index.postings.withUnsafeBufferPointer { postings in
        cells.withUnsafeMutableBufferPointer { cells in
          landmarks.forEach { key, frame in
            let (from, to) = (Int(starts[Int(key)]), Int(starts[Int(key) + 1]))
            guard to - from <= longest else { return }
            let weight = Self.weight(to - from, longest)
            for i in from..<to {
              let start = postings[i] &- UInt32(bitPattern: frame)
              let cell = Int((start >> Self.cellBits) & mask)
              cells[cell] = min(65_000, cells[cell] &+ weight)
            }
          }
        }
      }
    }
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

  private func collect(_ landmarks: QueryLandmarks, _ threshold: Int) -> [Vote] {
    let mask = mask
    var isFinal = [Bool](repeating: false, count: cells.count)
    for cell in 0..<cells.count where pair(cell) >= threshold {
      isFinal[cell] = true
      isFinal[(cell + 1) & mask] = true
    }
    var votes: [Vote] = []
    let longest = index.longest
    index.starts.withUnsafeBufferPointer { starts in
      index.postings.withUnsafeBufferPointer { postings in
        isFinal.withUnsafeBufferPointer { isFinal in
          landmarks.forEach { key, frame in
            let (from, to) = (Int(starts[Int(key)]), Int(starts[Int(key) + 1]))
            guard to - from <= longest else { return }
            for i in from..<to {
              let start = postings[i] &- UInt32(bitPattern: frame)
              if isFinal[Int(start >> Self.cellBits) & mask] {
                votes.append(
                  Vote(
                    start: start, witness: postings[i],
                    weight: Int(Self.weight(to - from, longest))))
              }
            }
          }
        }
      }
    }
    return votes
  }

  /// The fullest windows, none within two windows of a fuller one.
  private static func peaks(_ votes: [Vote], _ limit: Int) -> [Place] {
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
    return Array(places.prefix(limit))
  }
}
