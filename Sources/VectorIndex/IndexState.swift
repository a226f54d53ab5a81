import Core

/// What one query sees from beginning to end.
struct Snapshot: Sendable {
  var generation: Int
  var slots: SlotTable
  var recordings: MappedRows
  var segments: MappedRows
  /// Rows of the segments file up to the last that a slot refers to.
  var segmentRows: Int
  /// Of recordings; `nil` until there are enough rows for it to matter, and after anything went wrong
  /// with them.
  var sketches: Sketches?
  /// The same of segments.
  var segmentSketches: Sketches?

  func stored(_ index: Int) -> StoredRows {
    let slot = slots[index]
    return StoredRows(
      key: RecordingKey(slot.key),
      pooled: RowRange(
        generation: generation, first: index, count: 1, checksum: slot.pooledChecksum),
      segments: RowRange(
        generation: generation, first: slot.firstSegment, count: Int(slot.segmentCount),
        checksum: slot.segmentsChecksum))
  }

  /// Every live recording's rows, in row order.
  func liveRows() -> [StoredRows] {
    var rows: [StoredRows] = []
    for index in 0..<slots.count where slots[index].isLive { rows.append(stored(index)) }
    return rows
  }
}

/// What is published: the next query's snapshot, and where each key lies.
struct IndexState: Sendable {
  var snapshot: Snapshot
  var slotOfKey = RecordingTable<Int32>()
  var liveSegments = 0
  /// Keys removed since a compaction began; `nil` when none is under way.
  var removals: [RecordingKey]?
  /// Recordings that a query hid because their rows are damaged.
  var damaged: Set<RecordingKey> = []

  /// The rows must lie inside the files and must not overlap: ``SlotLayout`` has checked that.
  init(_ snapshot: Snapshot, rows: [StoredRows]) {
    self.snapshot = snapshot
    for row in rows { publish(row.key, pooled: row.pooled, segments: row.segments) }
  }

  mutating func publish(_ key: RecordingKey, pooled: RowRange, segments: RowRange) {
    remove(key)
    snapshot.slots.set(
      pooled.first,
      to: Slot(
        key: key.rawValue, firstSegment: segments.first, segmentCount: Int32(segments.count),
        pooledChecksum: pooled.checksum, segmentsChecksum: segments.checksum))
    slotOfKey[key] = Int32(pooled.first)
    liveSegments += segments.count
    snapshot.segmentRows = max(snapshot.segmentRows, segments.end)
  }

  mutating func remove(_ key: RecordingKey) {
    guard let index = slotOfKey.removeValue(forKey: key) else { return }
    liveSegments -= Int(snapshot.slots[Int(index)].segmentCount)
    snapshot.slots[Int(index)].key = 0
    removals?.append(key)
  }
}
