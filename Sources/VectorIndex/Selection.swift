import Core

/// Which slots a query looks at.
struct Selection: Sendable {
  /// The slots to visit, ascending; `nil` visits all.
  let visited: [Int32]?
  /// The keys that may be hits; `nil` allows all. Asked only about what is good enough to be a
  /// hit, which costs less than to look up every key beforehand.
  private let allowed: Set<RecordingKey>?
  private let excluded: Set<RecordingKey>

  /// Visits all slots; the keys decide.
  init(allowed: Set<RecordingKey>?, excluding excluded: Set<RecordingKey>) {
    visited = nil
    self.allowed = allowed
    self.excluded = excluded
  }

  /// Visits only these slots, given in any order.
  init(visiting slots: [Int32], excluding excluded: Set<RecordingKey>) {
    visited = slots.sorted()
    allowed = nil
    self.excluded = excluded
  }

  /// Whether the slot is live, allowed and not excluded.
  func admits(_ slot: Slot) -> Bool {
    guard slot.isLive else { return false }
    let key = RecordingKey(slot.key)
    if let allowed, !allowed.contains(key) { return false }
    return excluded.isEmpty || !excluded.contains(key)
  }
}
