import CKernels
import Core

/// Exact top-k over recordings, each scored by its best segment.
struct SegmentScan: Sendable {
  let snapshot: Snapshot
  let query: PreparedQuery
  let selection: Selection
  let kernels: Kernels

  /// The hits, and recordings that would be among them if their rows had their checksum.
  ///
  /// - Parameter parts: how many threads share the work; by default what the bytes are worth.
  func run(
    count: Int, parts: Int? = nil
  ) throws(HarkError) -> (hits: [Hit], damaged: [RecordingKey]) {
    let sketches = snapshot.segmentSketches?.usable
    let sketched = sketches?.count ?? 0
    let all =
      sketched / SketchLayout.rowsPerBlock * SketchLayout.bytesPerBlock
      + (snapshot.segmentRows - sketched) * RowKind.segments.bytesPerRow
    let slotCount = snapshot.slots.count
    let parts =
      parts
      ?? Scan.parts(
        bytes: selection.rows.map { Int(Double(all) / Double(slotCount) * Double($0.count)) }
          ?? all)
    var candidates = Scan.gather(parts: parts) { part in
      withUnsafeTemporaryAllocation(of: Float.self, capacity: SegmentSieve.rowsAtOnce) { scores in
        withUnsafeTemporaryAllocation(of: hark_survivor.self, capacity: SegmentSieve.room) {
          found in
          let kept = Candidates(count: count, error: query.segmentError)
          var sieve = SegmentSieve(self, sketches, scores: scores, found: found, into: kept)
          if let rows = selection.rows {
            sieve.run(slots: rows.slice(below: slotCount, part: part, of: parts), of: rows)
          } else {
            sieve.run(rows(ofPart: part, of: parts))
          }
          return sieve.finish()
        }
      }
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

  /// A share of the rows, cut where a recording begins: none is in two parts.
  private func rows(ofPart part: Int, of parts: Int) -> Range<Int> {
    func border(_ row: Int) -> Int {
      let slot = snapshot.slots.firstSlot(withSegmentsFrom: row)
      return slot < snapshot.slots.count ? snapshot.slots[slot].firstSegment : snapshot.segmentRows
    }
    let rows = Scan.slice(0..<snapshot.segmentRows, part: part, of: parts)
    return border(rows.lowerBound)..<(part == parts - 1 ? rows.upperBound : border(rows.upperBound))
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
}
