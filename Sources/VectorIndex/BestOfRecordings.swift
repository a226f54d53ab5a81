import Core

/// Finds whose a segment is, while rows go by in their order, and keeps each recording's best score.
struct BestOfRecordings {
  private let scan: SegmentScan
  private(set) var candidates: Candidates
  private var slot = 0
  private var rows = 0..<0
  private var isAdmitted = false
  private var best = -Float.infinity
  /// The first row that may be another recording's.
  private(set) var end = 0

  init(_ scan: SegmentScan, _ candidates: Candidates) {
    self.scan = scan
    self.candidates = candidates
  }

  /// Goes on to `row`, which does not lie before the last one asked for.
  mutating func seek(_ row: Int) {
    guard row >= end else { return }
    offer()
    let slots = scan.snapshot.slots
    slot = slots.lastSlot(withSegmentsUpTo: row, from: slot)
    rows = slots[slot].segments
    isAdmitted = scan.selection.admits(slot, in: slots)
    // Between recordings lie rows that nothing refers to.
    end =
      row < rows.upperBound
      ? rows.upperBound : slot + 1 < slots.count ? slots[slot + 1].firstSegment : .max
  }

  /// Whether the row that was sought may be a hit.
  func wants(_ row: Int) -> Bool { isAdmitted && rows.contains(row) }

  /// The end of the rows from `row` on, one that is wanted, that all are.
  func endOfWanted(from row: Int, atMost limit: Int) -> Int {
    let slots = scan.snapshot.slots
    var end = rows.upperBound
    var next = slot + 1
    while end < limit, next < slots.count {
      let slot = slots[next]
      guard slot.firstSegment == end, scan.selection.admits(next, in: slots) else { break }
      end = slot.segments.upperBound
      next += 1
    }
    return min(end, limit)
  }

  /// Takes a score of the recording that was sought last, or the best of several.
  mutating func take(_ score: Float) { best = max(best, score) }

  private mutating func offer() {
    if best > -.infinity { candidates.offer(best, slot: slot) }
    best = -.infinity
  }

  mutating func finish() -> Candidates {
    offer()
    return candidates
  }
}
