import Core

/// Exact top-k over recordings, each scored by its best segment.
struct SegmentScan: Sendable {
  let snapshot: Snapshot
  let query: PreparedQuery
  let selection: Selection
  let kernels: Kernels

  /// Rows scored by one call of a kernel: neighbours share one, since many recordings are short.
  private static let block = 512

  /// The hits, and recordings that would be among them if their rows had their checksum.
  func run(count: Int) throws(HarkError) -> (hits: [Hit], damaged: [RecordingKey]) {
    let slotCount = snapshot.slots.count
    let isDense = selection.visited == nil
    let parts =
      isDense ? Scan.parts(bytes: snapshot.segments.file.offset(of: snapshot.segmentRows)) : 1
    var candidates = Scan.gather(parts: parts) { part in
      var gather = BestOfRecordings(
        scan: self, candidates: Candidates(count: count, error: query.segmentError))
      withUnsafeTemporaryAllocation(of: Float.self, capacity: Self.block) { scores in
        if let visited = selection.visited {
          for slot in visited {
            gather.visit(Int(slot), snapshot.slots[Int(slot)], scores)
          }
        } else {
          // Halves of the rows, not of the recordings, which differ in length.
          let rows = Scan.slice(0..<snapshot.segmentRows, part: part, of: parts)
          let low = part == 0 ? 0 : snapshot.slots.firstSlot(withSegmentsFrom: rows.lowerBound)
          let high =
            part == parts - 1
            ? slotCount : snapshot.slots.firstSlot(withSegmentsFrom: rows.upperBound)
          snapshot.slots.forEachRun(in: low..<max(low, high)) { first, slots in
            for offset in 0..<slots.count {
              gather.visit(first + offset, slots[offset], scores)
            }
          }
        }
        gather.flush(scores)
      }
      return gather.candidates
    } merge: {
      $0.merge($1)
    }
    candidates.prune()
    var hits: [Hit] = []
    var damaged: [RecordingKey] = []
    for candidate in candidates.items {
      let slot = snapshot.slots[Int(candidate.slot)]
      let bytes = snapshot.segments.bytes(slot.firstSegment, count: slot.segments.count)
      guard kernels.crc32c(bytes) == slot.segmentsChecksum else {
        damaged.append(RecordingKey(slot.key))
        continue
      }
      hits.append(try hit(Int(candidate.slot)))
    }
    return (orderedHits(hits, count: count), damaged)
  }

  /// The recording's best segment in double precision, the earliest of equals.
  private func hit(_ index: Int) throws(HarkError) -> Hit {
    let slot = snapshot.slots[index]
    let base = snapshot.segments.pointer(to: slot.firstSegment)
    let bytesPerRow = RowKind.segments.bytesPerRow
    let count = slot.segments.count
    var best = (score: -Double.infinity, segment: 0)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: count) { scores in
      guard let selecting = scores.baseAddress else { return }
      kernels.scoreSegments(query, base, count: count, into: selecting)
      let peak = (0..<count).reduce(-Float.infinity) { max($0, selecting[$1]) }
      // As in ``Candidates``, for the best one.
      let threshold = peak - (2 * query.segmentError + 0x1p-22)
      for segment in 0..<count where selecting[segment] >= threshold {
        let score = query.score(segment: base + segment * bytesPerRow)
        if score > best.score { best = (score, segment) }
      }
    }
    let start = SegmentCodes.start(of: best.segment)
    return Hit(
      recording: RecordingKey(slot.key), score: best.score,
      range: try TimeRange(from: start, to: start + SegmentCodes.length))
  }

  /// Collects neighbouring recordings until a block is full, then scores them in one call.
  private struct BestOfRecordings {
    let scan: SegmentScan
    var candidates: Candidates
    private var firstRow = 0
    private var rowCount = 0
    private var pending: [(slot: Int32, rows: Int32)] = []

    init(scan: SegmentScan, candidates: Candidates) {
      self.scan = scan
      self.candidates = candidates
    }

    mutating func visit(
      _ index: Int, _ slot: Slot, _ scores: UnsafeMutableBufferPointer<Float>
    ) {
      let count = Int(slot.segmentCount)
      guard count > 0, scan.selection.admits(slot) else { return }
      if slot.firstSegment != firstRow + rowCount || rowCount + count > SegmentScan.block {
        flush(scores)
        firstRow = slot.firstSegment
      }
      guard count <= SegmentScan.block else { return visitLong(index, slot, scores) }
      pending.append((Int32(truncatingIfNeeded: index), slot.segmentCount))
      rowCount += count
    }

    mutating func flush(_ scores: UnsafeMutableBufferPointer<Float>) {
      guard rowCount > 0, let base = scores.baseAddress else { return }
      scan.kernels.scoreSegments(
        scan.query, scan.snapshot.segments.pointer(to: firstRow), count: rowCount, into: base)
      var row = 0
      for (slot, rows) in pending {
        var best = -Float.infinity
        for _ in 0..<rows {
          best = max(best, base[row])
          row += 1
        }
        candidates.offer(best, slot: Int(slot))
      }
      pending.removeAll(keepingCapacity: true)
      rowCount = 0
    }

    /// A recording of more rows than a block, piece by piece.
    private mutating func visitLong(
      _ index: Int, _ slot: Slot, _ scores: UnsafeMutableBufferPointer<Float>
    ) {
      guard let base = scores.baseAddress else { return }
      var best = -Float.infinity
      var row = slot.firstSegment
      while row < slot.segments.upperBound {
        let count = min(SegmentScan.block, slot.segments.upperBound - row)
        scan.kernels.scoreSegments(
          scan.query, scan.snapshot.segments.pointer(to: row), count: count, into: base)
        for offset in 0..<count { best = max(best, base[offset]) }
        row += count
      }
      candidates.offer(best, slot: index)
      firstRow = row
    }
  }
}
