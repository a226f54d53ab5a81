import CKernels
import Core

/// The part of a scan over segments that one thread does: rows in their order, of which the sketches rule
/// most out.
///
/// A recording's segments lie side by side, so that its best score is known, and offered, when the rows
/// of another begin. A segment that its sketch rules out is below the threshold of the k best recordings
/// (``QuerySieve``); if it is a recording's best, the recording is out as well, whatever else of it was
/// scored.
struct SegmentSieve {
  private let scan: SegmentScan
  private let sketches: Sketches?
  private let scores: UnsafeMutableBufferPointer<Float>
  private let found: UnsafeMutableBufferPointer<hark_survivor>
  private var best: BestOfRecordings
  /// Survivors that wait for more, since memory answers many questions as fast as one.
  private var waiting = 0
  /// Steps to come in which sketches are not asked, since they ruled out too little.
  private var unsifted = 0

  /// Rows that go through the sieve, or through the kernel that scores codes, at once.
  static let rowsAtOnce = 2_048
  /// The same until there is a threshold: sketches are of use from then on.
  private static let rowsAtFirst = 256
  /// As many survivors are scored together.
  private static let enough = 48
  /// So many neighbouring rows are read in full.
  private static let fewRows = 12

  /// Room that a scan needs.
  static let room = rowsAtOnce + SketchLayout.rowsPerBlock + enough
  /// One survivor among so many rows costs as much as to read the codes of all in one pass.
  private static let rowsPerSurvivor = 8

  /// - Parameters:
  ///   - scores: room for ``rowsAtOnce``.
  ///   - found: as much as ``room``.
  init(
    _ scan: SegmentScan, _ sketches: Sketches?, scores: UnsafeMutableBufferPointer<Float>,
    found: UnsafeMutableBufferPointer<hark_survivor>, into candidates: Candidates
  ) {
    self.scan = scan
    self.sketches = sketches
    self.scores = scores
    self.found = found
    best = BestOfRecordings(scan, candidates)
  }

  /// What may belong to the k best.
  mutating func finish() -> Candidates {
    scoreWaiting()
    return best.finish()
  }

  /// The segments of those of the slots that are selected, by runs of neighbours: what lies between is
  /// passed over.
  mutating func run(slots: Range<Int>, of selected: RowSet) {
    let table = scan.snapshot.slots
    // One run ahead of what is read, so that memory is asked before it is waited for.
    var run = 0..<0
    var slot = selected.next(from: slots.lowerBound, below: slots.upperBound)
    while slot < slots.upperBound {
      let end = selected.endOfRun(from: slot, below: slots.upperBound)
      let next = table[slot].firstSegment..<table[end - 1].segments.upperBound
      if next.count <= Self.fewRows {
        hark_ask_for(
          scan.snapshot.segments.pointer(to: next.lowerBound),
          next.count * RowKind.segments.bytesPerRow)
      }
      read(run)
      run = next
      slot = selected.next(from: end, below: slots.upperBound)
    }
    read(run)
    scoreWaiting()
  }

  /// Few rows have fewer bytes than the blocks that they lie in.
  private mutating func read(_ rows: Range<Int>) {
    guard rows.count <= Self.fewRows else { return pass(rows) }
    scoreWaiting()
    score(rows)
  }

  /// Rows of whole recordings.
  mutating func run(_ rows: Range<Int>) {
    pass(rows)
    scoreWaiting()
  }

  /// Some of the last survivors may wait afterwards.
  private mutating func pass(_ rows: Range<Int>) {
    let sketched = min(rows.upperBound, sketches?.count ?? 0)
    var row = rows.lowerBound
    while let sketches, row < sketched {
      let hasThreshold = best.candidates.threshold > -.infinity
      let end = min(
        sketched,
        row - row % SketchLayout.rowsPerBlock
          + (hasThreshold ? Self.rowsAtOnce : Self.rowsAtFirst),
        row - row % SketchLayout.rowsPerChunk + SketchLayout.rowsPerChunk)
      if unsifted > 0 || !hasThreshold {
        unsifted = max(0, unsifted - 1)
        scoreWaiting()
        score(row..<end)
      } else {
        sift(row..<end, sketches)
      }
      row = end
    }
    guard row < rows.upperBound else { return }
    scoreWaiting()
    score(row..<rows.upperBound)
  }

  /// Rows of one chunk.
  private mutating func sift(_ rows: Range<Int>, _ sketches: Sketches) {
    let first = rows.lowerBound / SketchLayout.rowsPerBlock
    let blocks =
      (rows.upperBound + SketchLayout.rowsPerBlock - 1) / SketchLayout.rowsPerBlock - first
    let row = first * SketchLayout.rowsPerBlock
    let more = scan.kernels.sift(
      [scan.query.sieve.kernel(from: best.candidates.threshold)], sketches.block(of: row),
      blocks: blocks, into: UnsafeMutableBufferPointer(rebasing: found[waiting...]))
    guard more <= rows.count / Self.rowsPerSurvivor else {
      unsifted = 3
      scoreWaiting()
      return score(rows)
    }
    for index in waiting..<waiting + more {
      var survivor = found[index]
      survivor.row += UInt32(truncatingIfNeeded: row)
      // Its block is shared with another part's recording.
      guard rows.contains(Int(survivor.row)) else { continue }
      found[waiting] = survivor
      hark_ask_for(
        scan.snapshot.segments.pointer(to: Int(survivor.row)), RowKind.segments.bytesPerRow)
      waiting += 1
    }
    if waiting >= Self.enough { scoreWaiting() }
  }

  private mutating func scoreWaiting() {
    guard let score = scores.baseAddress else { return }
    for survivor in found[..<waiting] {
      let row = Int(survivor.row)
      best.seek(row)
      guard best.wants(row) else { continue }
      scan.kernels.scoreSegments(
        scan.query, scan.snapshot.segments.pointer(to: row), count: 1, into: score)
      best.take(score.pointee)
    }
    waiting = 0
  }

  /// Reads the codes of all rows that may be hits.
  private mutating func score(_ rows: Range<Int>) {
    guard let base = scores.baseAddress else { return }
    var row = rows.lowerBound
    while row < rows.upperBound {
      best.seek(row)
      guard best.wants(row) else {
        row = best.end
        continue
      }
      // Neighbours share a call of the kernel, since many recordings are short.
      let end = best.endOfWanted(from: row, atMost: min(rows.upperBound, row + Self.rowsAtOnce))
      scan.kernels.scoreSegments(
        scan.query, scan.snapshot.segments.pointer(to: row), count: end - row, into: base)
      var next = row
      while next < end {
        best.seek(next)
        let stop = min(end, best.end)
        var most = -Float.infinity
        for place in next..<stop { most = max(most, base[place - row]) }
        best.take(most)
        next = stop
      }
      row = end
    }
  }
}
