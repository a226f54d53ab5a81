import CKernels
import Core

/// The part of a scan that reads sketches, for all its queries at once.
///
/// The first plane leaves about one recording in a thousand, the second one in some ten thousands, and
/// those are scored from the stored embedding. Each stage leaves out only what its bound proves to be below
/// the query's threshold (``QuerySieve``).
struct SketchScan {
  private let scan: RecordingScan
  private let sketches: Sketches
  private var kernels: [hark_sieve]
  private let found: UnsafeMutableBufferPointer<hark_survivor>

  /// Rows that go through the sieve between two looks at the thresholds: their first planes stay in the
  /// cache until the survivors' are read again.
  static let rowsAtOnce = 512

  /// - Parameter found: room for ``rowsAtOnce`` survivors a query.
  init(
    _ scan: RecordingScan, _ sketches: Sketches,
    found: UnsafeMutableBufferPointer<hark_survivor>
  ) {
    self.scan = scan
    self.sketches = sketches
    self.found = found
    kernels = []
  }

  /// Offers the rows of whole blocks that are not ruled out.
  mutating func run(_ blocks: Range<Int>, into kept: inout [Candidates]) {
    let chunk = SketchLayout.blocksPerChunk
    var block = blocks.lowerBound
    while block < blocks.upperBound {
      let count = min(
        Self.rowsAtOnce / SketchLayout.rowsPerBlock, blocks.upperBound - block,
        chunk - block % chunk)
      let row = block * SketchLayout.rowsPerBlock
      kernels.removeAll(keepingCapacity: true)
      for (query, candidates) in zip(scan.queries, kept) {
        kernels.append(query.sieve.kernel(from: candidates.threshold))
      }
      let survivors = scan.kernels.sift(
        kernels, sketches.block(of: row), blocks: count, into: found)
      if survivors > 0 { offer(found[..<survivors], from: row, to: &kept) }
      block += count
    }
  }

  /// Looks at the survivors of the rows from `first` on more closely.
  private func offer(
    _ survivors: Slice<UnsafeMutableBufferPointer<hark_survivor>>, from first: Int,
    to kept: inout [Candidates]
  ) {
    for survivor in survivors {
      hark_ask_for(
        sketches.secondPlane(of: first + Int(survivor.row)), SketchLayout.bytesPerSecondPlane)
    }
    // While a threshold is far too low, most rows survive: their own lower bounds raise it first.
    if survivors.count > Self.survivorsPerQuery * kept.count {
      raiseThresholds(survivors, from: first, &kept)
    }
    var rest = 0
    for survivor in survivors {
      let query = Int(survivor.query)
      guard bounds(survivor, from: first).most >= Double(kept[query].threshold) else { continue }
      hark_ask_for(
        scan.snapshot.recordings.pointer(to: first + Int(survivor.row)),
        RowKind.recordings.bytesPerRow)
      found[rest] = survivor
      rest += 1
    }
    for survivor in found[..<rest] {
      let query = Int(survivor.query)
      scan.offer(
        first + Int(survivor.row), .infinity, of: scan.queries[query], to: &kept[query])
    }
  }

  /// As many survivors a query, of ``rowsAtOnce``, pay for a look at their lower bounds.
  private static let survivorsPerQuery = 32

  private func raiseThresholds(
    _ survivors: Slice<UnsafeMutableBufferPointer<hark_survivor>>, from first: Int,
    _ kept: inout [Candidates]
  ) {
    var least = [[Float]](repeating: [], count: kept.count)
    for survivor in survivors {
      let query = Int(survivor.query)
      let bounds = bounds(survivor, from: first)
      guard bounds.most >= Double(kept[query].threshold),
        scan.selection.admits(scan.snapshot.slots[first + Int(survivor.row)])
      else { continue }
      least[query].append(Float(bounds.least))
    }
    for query in kept.indices where least[query].count >= kept[query].count {
      kept[query].raise(to: kthLargest(least[query], kept[query].count))
    }
  }

  /// The least and the greatest score that both planes of a survivor allow.
  private func bounds(
    _ survivor: hark_survivor, from first: Int
  ) -> (least: Double, most: Double) {
    let row = first + Int(survivor.row)
    let (step, distance) = sketches.bounds(of: row)
    guard distance != SketchBlock.noSketch else { return (-.infinity, .infinity) }
    let sieve = scan.queries[Int(survivor.query)].sieve
    return sieve.bounds(
      first: survivor.dot,
      second: scan.kernels.dot(sieve, secondPlane: sketches.secondPlane(of: row)), step: step)
  }
}
