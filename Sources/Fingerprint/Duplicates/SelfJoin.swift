import Core

/// Which recordings of an index may share music: each one's sample looked up among all, at every warp.
///
/// Its cost is samples × warps × postings of a sampled landmark; no pair of recordings is looked at
/// that does not share several of them at one offset. Postings are looked at a slice of the line at a time,
/// those of whole recordings, so that what a pair shares lies in one.
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
    /// Seconds of the first in which sampled landmarks lie about the line; where one of the two is
    /// short, tenths of that one.
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
  /// A recording has at least so many stretches in which a line can have support: half of a short one
  /// has to agree, as five seconds of any other.
  private static let stretches = 2.0 * Double(leastSupport)
  /// Cells that chance may fill in all warps of a recording.
  private static let allowed = 0.1
  private static let tolerance = 3.0

  private let index: LandmarkIndex
  private let table: JoinTable
  /// What is looked at now.
  private var slice: JoinSlice
  private var cells: OffsetCells
  /// Where there are several slices, each recording's, so that they're made once.
  private var samples: [Int: RecordingSample] = [:]

  /// Slices to look at, one after the other.
  var slices: Int { table.slices.count }

  /// Begins with the first slice.
  init(_ index: LandmarkIndex, atOnce: Int = JoinTable.atOnce) {
    self.index = index
    table = JoinTable(index, atOnce: atOnce)
    slice = JoinSlice(index, table, recordings: table.slices.first ?? 0..<0)
    var longest = 0
    for number in 0..<index.numbers { longest = max(longest, index.frames(of: number)) }
    let fastest = SelfJoin.warps.map(\.speed).max() ?? 1
    cells = OffsetCells(
      end: index.end, atOnce: table.slices.map { index.lineFrames(of: $0).count }.max() ?? 0,
      longest: Int(Double(longest) * fastest) + LandmarkIndex.gap)
    cells.move(to: index.lineFrames(of: table.slices.first ?? 0..<0).lowerBound)
  }

  /// Goes on to another slice.
  mutating func move(to number: Int) {
    let recordings = table.slices[number]
    // The one before is let go first.
    slice = JoinSlice()
    slice = JoinSlice(index, table, recordings: recordings)
    cells.move(to: index.lineFrames(of: recordings).lowerBound)
  }

  private mutating func sample(of number: Int) -> RecordingSample? {
    if let known = samples[number] { return known }
    let peaks = index.peaks(of: number)
    guard !peaks.isEmpty else { return nil }
    let sample = RecordingSample(peaks, frames: index.frames(of: number), table, index.parameters)
    if slices > 1 { samples[number] = sample }
    return sample
  }

  /// The others of the slice that a recording may share music with, the best supported first, none
  /// twice.
  mutating func leads(of number: Int) -> [Lead] {
    guard let sample = sample(of: number) else { return [] }
    var best: [Int: Lead] = [:]
    for warp in Self.warps {
      for lead in leads(of: number, sample, warp)
      where lead.support > best[lead.second]?.support ?? 0 {
        best[lead.second] = lead
      }
    }
    return Self.best(Array(best.values))
  }

  /// As many of a recording's leads as it may have, the best supported first.
  static func best(_ leads: [Lead]) -> [Lead] {
    let sorted = leads.sorted { ($0.support, $1.second) > ($1.support, $0.second) }
    return Array(sorted.prefix(leadsPerRecording))
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
      let shorter = min(index.frames(of: number), index.frames(of: other))
      guard points.count >= Self.leastSupport,
        let found = Line.consensus(
          points, tolerance: Self.tolerance, speeds: speeds,
          stretch: max(1, min(Line.second, Double(shorter) / Self.stretches))),
        found.support >= Self.leastSupport
      else { return nil }
      return Lead(
        first: number, second: other, line: found.line, pitch: warp.pitch, support: found.support)
    }
  }

  /// Fills the cells. Returns the votes.
  private mutating func count(_ number: Int, _ sample: RecordingSample, _ warp: Warp) -> Int {
    cells.clear()
    let (table, slice, bias, parameters) = (table, slice, cells.bias, index.parameters)
    let own = index.firstFrame(of: number)
    let length = UInt32(index.frames(of: number))
    return cells.withCells { cells in
      var votes = 0
      sample.forEach(warp, parameters) { key, frame in
        // Of the whole line: what is chance does not depend on the slice.
        votes += table.occurrences(of: key)
        slice.withPostings(of: key) { postings in
          let shift = bias - frame
          for posting in postings {
            // A recording has all of its landmarks in common with itself.
            let vote: Int16 = posting &- own < length ? 0 : 1
            let cell = (Int(posting) + shift) >> OffsetCells.cellBits
            cells[cell] &+= cells[cell] < OffsetCells.full ? vote : 0
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
      slice.withPostings(of: key) { postings in
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
