import Core

/// Which recordings of an index may share music: each one's sample looked up among all, at every warp.
///
/// Its cost is samples × warps × postings of a sampled landmark; no pair of recordings is looked at
/// that does not share several of them at one offset.
struct SelfJoin {
  /// Two recordings that agree about a line in more sampled landmarks than chance explains.
  struct Lead: Sendable, Equatable {
    /// Numbers in the index.
    var first: Int
    var second: Int
    /// The second's frames against the first's.
    var line: Line
    /// A frequency in the first over the same one in the second.
    var pitch: Double
    /// Seconds of the first in which sampled landmarks lie about the line.
    var support: Int
  }

  /// None, and turntables up to 6 % fast or slow: further apart than peaks move by a cell, since a few
  /// of a hundred shared landmarks are enough. 3 % lies between two of them, as unfavourably as can be.
  static let warps: [Warp] =
    [.none]
    + (0..<8).flatMap { n in
      let step = 0.0075 * (Double(n) + 0.5)
      return [Warp.turntable(1 + step), Warp.turntable(1 - step)]
    }

  /// Cells that are looked into at each warp, and leads that one recording may have.
  private static let cellsPerWarp = 96
  private static let leadsPerRecording = 96
  /// Votes of a pair of cells, at least, and of a line.
  private static let leastVotes = 6
  private static let leastSupport = 5
  /// Cells that chance may fill in all warps of a recording.
  private static let allowed = 0.1
  private static let tolerance = 3.0

  private let index: LandmarkIndex
  private let table: JoinTable
  private var cells: OffsetCells

  init(_ index: LandmarkIndex) {
    self.index = index
    table = JoinTable(index)
    var longest = 0
    for number in 0..<index.numbers { longest = max(longest, index.frames(of: number)) }
    let fastest = SelfJoin.warps.map(\.speed).max() ?? 1
    cells = OffsetCells(
      end: index.end, longest: Int(Double(longest) * fastest) + LandmarkIndex.gap)
  }

  /// The others that a recording may share music with, the best supported first, none twice.
  mutating func leads(of number: Int) -> [Lead] {
    let peaks = index.peaks(of: number)
    guard !peaks.isEmpty else { return [] }
    let sample = RecordingSample(peaks, frames: index.frames(of: number), table, index.parameters)
    var best: [Int: Lead] = [:]
    for warp in Self.warps {
      for lead in leads(of: number, sample, warp)
      where lead.support > best[lead.second]?.support ?? 0 {
        best[lead.second] = lead
      }
    }
    let sorted = best.values.sorted { ($0.support, $1.second) > ($1.support, $0.second) }
    return Array(sorted.prefix(Self.leadsPerRecording))
  }

  private mutating func leads(
    of number: Int, _ sample: RecordingSample, _ warp: Warp
  ) -> [Lead] {
    let votes = count(number, sample, warp)
    let threshold = cells.threshold(
      votes: votes, allowed: Self.allowed / Double(Self.warps.count), atLeast: Self.leastVotes)
    let fullest = cells.fullest(threshold, limit: Self.cellsPerWarp)
    guard !fullest.isEmpty else { return [] }
    let speeds = warp.isNone ? 0.94...1.06 : warp.speed * 0.994...warp.speed * 1.006
    return points(number, sample, warp, in: fullest).compactMap { other, points in
      let points = points.sorted { $0.first < $1.first }
      guard points.count >= Self.leastSupport,
        let found = Line.consensus(points, tolerance: Self.tolerance, speeds: speeds),
        found.support >= Self.leastSupport
      else { return nil }
      return Lead(
        first: number, second: other, line: found.line, pitch: warp.pitch, support: found.support)
    }
  }

  /// Fills the cells. Returns the votes.
  private mutating func count(_ number: Int, _ sample: RecordingSample, _ warp: Warp) -> Int {
    cells.clear()
    let (table, bias, parameters) = (table, cells.bias, index.parameters)
    let own = index.firstFrame(of: number)
    let length = UInt32(index.frames(of: number))
    return cells.withCells { cells in
      var votes = 0
      sample.forEach(warp, parameters) { key, frame in
        table.withPostings(of: key) { postings in
          votes += postings.count
          let shift = bias - frame
          for posting in postings {
            // A recording has all of its landmarks in common with itself.
            let vote: Int16 = posting &- own < length ? 0 : 1
            let cell = (Int(posting) + shift) >> OffsetCells.cellBits
            cells[cell] &+= vote
          }
        }
      }
      return votes
    }
  }

  /// Added to offsets before they are cut into cells.
  var bias: Int { cells.bias }

  /// The votes for each cell that has any, at one warp.
  mutating func votes(_ number: Int, _ sample: RecordingSample, _ warp: Warp) -> [Int: Int] {
    _ = count(number, sample, warp)
    return cells.withCells { cells in
      var votes: [Int: Int] = [:]
      for (cell, count) in cells.enumerated() where count > 0 { votes[cell] = Int(count) }
      return votes
    }
  }

  /// The votes in some cells and those after them, by recording.
  private func points(
    _ number: Int, _ sample: RecordingSample, _ warp: Warp, in chosen: [Int]
  ) -> [Int: [Line.Point]] {
    var wanted = Set(chosen)
    for cell in chosen { wanted.insert(cell + 1) }
    guard let lowest = wanted.min(), let highest = wanted.max() else { return [:] }
    var isWanted = [Bool](repeating: false, count: highest - lowest + 1)
    for cell in wanted { isWanted[cell - lowest] = true }
    var points: [Int: [Line.Point]] = [:]
    sample.forEach(warp, index.parameters) { key, frame in
      table.withPostings(of: key) { postings in
        for posting in postings {
          let cell = cells.cell(posting, frame) - lowest
          guard cell >= 0, cell < isWanted.count, isWanted[cell] else { continue }
          let other = index.recording(at: posting)
          guard other != number, index.isLive(at: posting) else { continue }
          points[other, default: []].append(
            Line.Point(
              first: Double(frame) / warp.speed,
              second: Double(posting &- index.firstFrame(of: other))))
        }
      }
    }
    return points
  }
}
