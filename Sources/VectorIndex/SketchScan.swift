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
  private var kernels: [hark_sieve] = []
  private let found: UnsafeMutableBufferPointer<hark_survivor>

  /// Rows that go through the sieve between two looks at the thresholds. One query reads as fast as memory
  /// gives, and stops seldom; several find their blocks in the first-level cache.
  private static func rowsAtOnce(queries: Int) -> Int { queries > 2 ? 512 : 2_048 }
  /// Survivors that wait for more, since memory answers many questions as fast as one.
  private static let waiting = 48

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
    let chunk = SketchLayout.blocksPerChunk
    let rowsAtOnce = Self.rowsAtOnce(queries: sieves.count)
    var survivors = 0
    var block = blocks.lowerBound
    while block < blocks.upperBound {
      let count = min(
        rowsAtOnce / SketchLayout.rowsPerBlock, blocks.upperBound - block,
        chunk - block % chunk)
      let row = block * SketchLayout.rowsPerBlock
      kernels.removeAll(keepingCapacity: true)
      for index in sieves.indices {
        kernels.append(sieves[index].kernel(from: kept[index].threshold))
      }
      let more = scan.kernels.sift(
        kernels, sketches.block(of: row), blocks: count,
        into: UnsafeMutableBufferPointer(rebasing: found[survivors...]))
      for index in survivors..<survivors + more {
        found[index].row += UInt32(truncatingIfNeeded: row)
        ask(for: Int(found[index].row))
      }
      survivors += more
      if survivors >= Self.waiting {
        offer(survivors, to: &kept)
        survivors = 0
      }
      block += count
    }
    offer(survivors, to: &kept)
  }

  /// Has what ``bounds(_:)`` reads brought into the cache.
  private func ask(for row: Int) {
    hark_ask_for(sketches.secondPlane(of: row), sketches.layout.bytesPerSecondPlane)
  }

  /// Looks at survivors more closely.
  private func offer(_ survivors: Int, to kept: inout [Candidates]) {
    // While a threshold is far too low, most rows survive: their own lower bounds raise it first.
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
      scan.offer(Int(survivor.row), .infinity, of: scan.queries[query], to: &kept[query])
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
        scan.selection.admits(scan.snapshot.slots[Int(survivor.row)])
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
