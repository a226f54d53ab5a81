import Core

/// Which slots a query looks at.
struct Selection: Sendable {
  /// The slots that may be hits; `nil` where it costs less to look at all and to ask ``admits(_:in:)``
  /// about what is good enough.
  let rows: RowSet?
  /// The keys that may be hits; `nil` allows all.
  private let allowed: RecordingKeys?
  private let excluded: Set<RecordingKey>

  /// - Parameters:
  ///   - allowed: `nil` allows all.
  ///   - places: where the recordings of the snapshot lie.
  ///
  /// Complexity: O(allowed) where they are fewer than half of the slots, else O(1).
  init(
    allowed: RecordingKeys?, excluding excluded: Set<RecordingKey>,
    places: RecordingTable<Int32>, in snapshot: Snapshot
  ) {
    let slotCount = snapshot.slots.count
    self.excluded = excluded
    guard let allowed, Self.isWorthRows(allowed: allowed.count, of: slotCount) else {
      rows = nil
      self.allowed = allowed
      return
    }
    var rows = RowSet(below: slotCount)
    places.forEachValue(of: allowed) { rows.insert(Int($0)) }
    for key in excluded {
      if let slot = places[key] { rows.remove(Int(slot)) }
    }
    self.rows = rows
    self.allowed = nil
  }

  /// Where most are allowed, next to nothing can be left out, and hits are few.
  private static func isWorthRows(allowed: Int, of slotCount: Int) -> Bool {
    allowed * 2 < slotCount
  }

  /// Whether the slot is live, allowed and not excluded.
  func admits(_ index: Int, in slots: SlotTable) -> Bool {
    if let rows { return rows.contains(index) }
    let slot = slots[index]
    guard slot.isLive else { return false }
    let key = RecordingKey(slot.key)
    if let allowed, !allowed.contains(key) { return false }
    return excluded.isEmpty || !excluded.contains(key)
  }
}
