import Core

/// What the index knows about one recording: its slot's number is its row in the recordings file.
struct Slot: Sendable {
  /// The recording's key, or 0 for a row that no query sees.
  var key: Int64
  /// First row in the segments file. It never falls from slot to slot, dead ones included.
  var firstSegment: Int
  var segmentCount: Int32
  var pooledChecksum: UInt32
  var segmentsChecksum: UInt32

  var isLive: Bool { key != 0 }

  var segments: Range<Int> { firstSegment..<firstSegment + Int(segmentCount) }

  static func dead(firstSegment: Int) -> Slot {
    Slot(
      key: 0, firstSegment: firstSegment, segmentCount: 0, pooledChecksum: 0,
      segmentsChecksum: 0)
  }
}

/// All slots of one generation, in row order. A copy is a consistent snapshot; a change after it
/// copies one chunk, not the table.
struct SlotTable: Sendable {
  static let slotsPerChunk = 1024

  private(set) var count = 0
  private var chunks: [[Slot]] = []

  init() {}

  subscript(index: Int) -> Slot {
    get { chunks[index / Self.slotsPerChunk][index % Self.slotsPerChunk] }
    set { chunks[index / Self.slotsPerChunk][index % Self.slotsPerChunk] = newValue }
  }

  /// Sets a slot that may lie past the end; slots skipped by it are dead.
  mutating func set(_ index: Int, to slot: Slot) {
    // Skipped slots may be set later, in any order; their segments lie behind those of the slots before.
    let end = count == 0 ? 0 : self[count - 1].segments.upperBound
    while count <= index {
      if count % Self.slotsPerChunk == 0 {
        chunks.append([])
        chunks[chunks.count - 1].reserveCapacity(Self.slotsPerChunk)
      }
      chunks[chunks.count - 1].append(.dead(firstSegment: end))
      count += 1
    }
    self[index] = slot
    var next = index + 1
    while next < count, self[next].firstSegment < slot.segments.upperBound {
      self[next].firstSegment = slot.segments.upperBound
      next += 1
    }
  }

  /// Calls `body` with the slots of `range`, a run within one chunk at a time.
  func forEachRun(
    in range: Range<Int>, _ body: (_ first: Int, _ slots: UnsafeBufferPointer<Slot>) -> Void
  ) {
    var index = range.lowerBound
    while index < range.upperBound {
      let offset = index % Self.slotsPerChunk
      let end = min(range.upperBound, index - offset + Self.slotsPerChunk)
      chunks[index / Self.slotsPerChunk].withUnsafeBufferPointer {
        body(index, UnsafeBufferPointer(rebasing: $0[offset..<offset + end - index]))
      }
      index = end
    }
  }

  /// The last slot whose segments begin at or before `row`, which is the only one that may have it, or
  /// `start` if that begins later. Complexity: O(log d) in the slots between `start` and the answer.
  func lastSlot(withSegmentsUpTo row: Int, from start: Int) -> Int {
    var low = start
    var step = 1
    while low + step < count, self[low + step].firstSegment <= row {
      low += step
      step *= 2
    }
    var high = min(count, low + step)
    while high - low > 1 {
      let middle = (low + high) / 2
      if self[middle].firstSegment <= row { low = middle } else { high = middle }
    }
    return low
  }

  /// The first slot whose segments begin at or after `row`. Complexity: O(log n).
  func firstSlot(withSegmentsFrom row: Int) -> Int {
    var low = 0
    var high = count
    while low < high {
      let middle = (low + high) / 2
      if self[middle].firstSegment < row { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
