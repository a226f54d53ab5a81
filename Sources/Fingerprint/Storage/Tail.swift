import Core

/// Recordings that are in no run yet: their landmarks in memory, 8 bytes each.
struct Tail: Sendable {
  private(set) var recordings: [RunRecording] = []
  /// A key and a frame on the tail's line each, in order.
  private(set) var entries: [UInt64] = []
  /// Frames on the line.
  private(set) var frames = LandmarkIndex.gap

  var landmarks: Int { entries.count }

  /// How many keys occur.
  private(set) var keysInUse = 0

  /// Adds recordings. Complexity: O(landmarks of all).
  mutating func add(
    _ added: [(key: RecordingKey, constellation: Constellation, length: Int, checksum: UInt32)],
    _ parameters: FingerprintParameters
  ) {
    var new: [UInt64] = []
    for recording in added {
      let first = UInt32(frames)
      recordings.append(
        RunRecording(
          key: recording.key, first: first, frames: UInt32(recording.constellation.frames),
          length: UInt32(recording.length), checksum: recording.checksum))
      Landmark.ofRecording(recording.constellation.grids.first ?? [], parameters) { landmark in
        let frame = UInt64(first) + UInt64(clamping: landmark.frame)
        new.append(UInt64(landmark.key) << 32 | frame)
      }
      frames += recording.constellation.frames + LandmarkIndex.gap
    }
    new.sort()
    entries = Self.merged(entries, new)
    keysInUse = 0
    var last = UInt64.max
    for entry in entries where entry >> 32 != last {
      last = entry >> 32
      keysInUse += 1
    }
  }

  private static func merged(_ a: [UInt64], _ b: [UInt64]) -> [UInt64] {
    if a.isEmpty { return b }
    return [UInt64](unsafeUninitializedCapacity: a.count + b.count) { target, count in
      var (i, j) = (0, 0)
      while i < a.count, j < b.count {
        if a[i] <= b[j] {
          target[i + j] = a[i]
          i += 1
        } else {
          target[i + j] = b[j]
          j += 1
        }
      }
      while i < a.count {
        target[i + j] = a[i]
        i += 1
      }
      while j < b.count {
        target[i + j] = b[j]
        j += 1
      }
      count = i + j
    }
  }

  /// Reads entries key by key; cheap where keys come in order.
  struct Cursor {
    private let tail: Tail
    private var key = UInt32.max
    private var range = 0..<0

    init(_ tail: Tail) { self.tail = tail }

    @inline(__always)
    mutating func count(_ key: UInt32) -> Int {
      enter(key)
      return range.count
    }

    @inline(__always)
    mutating func read(_ key: UInt32, base: UInt32, into found: inout [UInt32]) {
      enter(key)
      for i in range {
        found.append(base &+ UInt32(truncatingIfNeeded: tail.entries[i]))
      }
    }

    private mutating func enter(_ key: UInt32) {
      guard key != self.key else { return }
      let from = self.key < key ? range.upperBound : 0
      self.key = key
      let first = tail.firstEntry(notBefore: UInt64(key) << 32, from: from)
      range = first..<tail.firstEntry(notBefore: (UInt64(key) + 1) << 32, from: first)
    }
  }

  /// By strides that double, then by halves: near places are found fast.
  private func firstEntry(notBefore value: UInt64, from start: Int) -> Int {
    var (low, stride) = (start, 1)
    while low + stride <= entries.count, entries[low + stride - 1] < value {
      low += stride
      stride *= 2
    }
    var high = min(entries.count, low + stride)
    while low < high {
      let middle = (low + high) / 2
      if entries[middle] < value { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
