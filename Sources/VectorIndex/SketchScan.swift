import CKernels
import Core

/// The part of a scan that reads sketches, for all its queries at once.
///
/// Of a million random directions the first plane leaves one in 600 and both leave one in 48,000, as soon
/// as the threshold is the ten best's; those are scored from the stored embedding. Each stage leaves out only what its bound proves to be below
/// the query's threshold (``QuerySieve``).
struct SketchScan {
  private let scan: RecordingScan
  private let sketches: Sketches
  private let sieves: [QuerySieve]
  /// The sieves at the thresholds, unless those have changed.
  private var kernels: [hark_sieve] = []
  private var areThresholdsNew = true
  private let found: UnsafeMutableBufferPointer<hark_survivor>
  /// Survivors that wait, the first ones in `found`.
  private var survivors = 0
  /// Selected rows that wait to be scored without a look at their sketches.
  private var loneRows: [Int] = []

  /// Rows that go through the sieve between two looks at the thresholds. One query reads as fast as memory
  /// gives, and stops seldom; several find their blocks in the first-level cache.
  private static func rowsAtOnce(queries: Int) -> Int { queries > 2 ? 512 : 2_048 }
  /// Survivors that wait for more, since memory answers many questions as fast as one.
  private static let waiting = 48

  /// So many queries ask a lone row's embedding rather than its block: more share the block's cost.
  private static let fewQueries = 2
  /// As many blocks without a selected row are read through.
  private static let gap = 1

  /// Room that a scan needs.
  static func room(queries: Int) -> Int {
    rowsAtOnce(queries: queries) * queries + waiting
  }

  /// - Parameter found: as much as ``room(queries:)`` says.
  init(
    _ scan: RecordingScan, _ sketches: Sketches,
    found: UnsafeMutableBufferPointer<hark_survivor>
  ) {
    self.scan = scan
    self.sketches = sketches
    self.found = found
    sieves = scan.queries.map(\.sieve)
  }

  /// Offers the rows of whole blocks that are not ruled out.
  mutating func run(_ blocks: Range<Int>, into kept: inout [Candidates]) {
    sift(blocks, into: &kept)
    offer(&kept)
  }

  /// Offers those of the selected rows in `rows`, whole blocks, that are not ruled out: blocks that have
  /// none are passed over.
  mutating func run(rowsOf rows: Range<Int>, into kept: inout [Candidates]) {
    guard let selected = scan.selection.rows else { return }
    let rowsPerBlock = SketchLayout.rowsPerBlock
    var run = 0..<0
    var row = selected.next(from: rows.lowerBound, below: rows.upperBound)
    while row < rows.upperBound {
      let block = row / rowsPerBlock
      let mask = selected.mask(ofBlock: block)
      // To pass over a block or two gains nothing: memory is read ahead.
      if !run.isEmpty, block <= run.upperBound + Self.gap {
        run = run.lowerBound..<block + 1
      } else if sieves.count <= Self.fewQueries, mask & (mask - 1) == 0 {
        // No run grows over it: what follows lies further from the run before.
        lone(row, into: &kept)
      } else {
        sift(run, into: &kept)
        run = block..<block + 1
      }
      row = selected.next(from: (block + 1) * rowsPerBlock, below: rows.upperBound)
    }
    sift(run, into: &kept)
    offer(&kept)
    offerLone(&kept)
  }

  /// Has the survivors of these blocks wait, and offers them when there are enough.
  private mutating func sift(_ blocks: Range<Int>, into kept: inout [Candidates]) {
    let chunk = SketchLayout.blocksPerChunk
    let rowsAtOnce = Self.rowsAtOnce(queries: sieves.count)
    var block = blocks.lowerBound
    while block < blocks.upperBound {
      let count = min(
        rowsAtOnce / SketchLayout.rowsPerBlock, blocks.upperBound - block,
        chunk - block % chunk)
      let row = block * SketchLayout.rowsPerBlock
      if areThresholdsNew {
        kernels.removeAll(keepingCapacity: true)
        for index in sieves.indices {
          kernels.append(sieves[index].kernel(from: kept[index].threshold))
        }
        areThresholdsNew = false
      }
      let more = scan.kernels.sift(
        kernels, sketches.block(of: row), blocks: count,
        into: UnsafeMutableBufferPointer(rebasing: found[survivors...]))
      for index in survivors..<survivors + more {
        var survivor = found[index]
        survivor.row += UInt32(truncatingIfNeeded: row)
        if let rows = scan.selection.rows, !rows.contains(Int(survivor.row)) { continue }
        ask(for: Int(survivor.row))
        found[survivors] = survivor
        survivors += 1
      }
      if survivors >= Self.waiting { offer(&kept) }
      block += count
    }
  }

  /// Has a row wait whose neighbours are not selected: its embedding is half of its block's bytes.
  private mutating func lone(_ row: Int, into kept: inout [Candidates]) {
    hark_ask_for(scan.snapshot.recordings.pointer(to: row), RowKind.recordings.bytesPerRow)
    loneRows.append(row)
    if loneRows.count >= Self.waiting { offerLone(&kept) }
  }

  private mutating func offerLone(_ kept: inout [Candidates]) {
    for row in loneRows {
      for index in kept.indices {
        scan.score(row, of: scan.queries[index], into: &kept[index])
      }
    }
    loneRows.removeAll(keepingCapacity: true)
    areThresholdsNew = true
  }

  /// Has what ``bounds(_:)`` reads brought into the cache.
  private func ask(for row: Int) {
    hark_ask_for(sketches.secondPlane(of: row), sketches.layout.bytesPerSecondPlane)
  }

  /// Looks at survivors more closely.
  private mutating func offer(_ kept: inout [Candidates]) {
    guard survivors > 0 else { return }
    areThresholdsNew = true
    // While a threshold is far too low, most rows survive: their own lower bounds raise it first.
    defer { survivors = 0 }
    if survivors > Self.survivorsPerQuery * kept.count + Self.waiting {
      raiseThresholds(found[..<survivors], &kept)
    }
    var rest = 0
    for survivor in found[..<survivors] {
      guard bounds(survivor).most >= Double(kept[Int(survivor.query)].threshold) else { continue }
      hark_ask_for(
        scan.snapshot.recordings.pointer(to: Int(survivor.row)), RowKind.recordings.bytesPerRow)
      found[rest] = survivor
      rest += 1
    }
    for survivor in found[..<rest] {
      let query = Int(survivor.query)
      let bounds = bounds(survivor)
      scan.offer(
        Int(survivor.row), between: bounds.least, bounds.most, of: scan.queries[query],
        to: &kept[query])
    }
  }

  /// As many survivors a query pay for a look at their lower bounds.
  private static let survivorsPerQuery = 32

  private func raiseThresholds(
    _ survivors: Slice<UnsafeMutableBufferPointer<hark_survivor>>, _ kept: inout [Candidates]
  ) {
    var least = [[Float]](repeating: [], count: kept.count)
    for survivor in survivors {
      let query = Int(survivor.query)
      let bounds = bounds(survivor)
      guard bounds.most >= Double(kept[query].threshold),
        scan.selection.admits(Int(survivor.row), in: scan.snapshot.slots)
      else { continue }
      least[query].append(Float(bounds.least))
    }
    for query in kept.indices where least[query].count >= kept[query].count {
      kept[query].raise(to: kthLargest(least[query], kept[query].count))
    }
  }

  /// The least and the greatest score that both planes of a survivor allow.
  private func bounds(_ survivor: hark_survivor) -> (least: Double, most: Double) {
    let row = Int(survivor.row)
    let query = Int(survivor.query)
    let (step, distance) = sketches.bounds(of: row)
    guard distance != SketchBlock.noSketch else { return (-.infinity, .infinity) }
    let second = scan.kernels.dot(
      kernels, query, secondPlane: sketches.secondPlane(of: row))
    return sieves.withUnsafeBufferPointer {
      $0[query].bounds(first: survivor.dot, second: second, step: step)
    }
  }
}
