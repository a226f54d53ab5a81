import Core

/// A run or a tail, and which of its recordings count.
struct Part: Sendable {
  enum Source: Sendable {
    case run(Run)
    case tail(Tail)
  }

  /// Tells parts apart for as long as the store is open.
  let id: Int
  var source: Source
  /// A bit for each recording that counts no more.
  private var dead: [UInt64] = []
  private(set) var deadCount = 0
  private(set) var deadFrames = 0

  init(id: Int, _ source: Source) {
    self.id = id
    self.source = source
  }

  var recordingCount: Int {
    switch source {
    case .run(let run): run.recordingCount
    case .tail(let tail): tail.recordings.count
    }
  }

  /// Landmarks, of dead recordings too.
  var landmarks: Int {
    switch source {
    case .run(let run): run.landmarks
    case .tail(let tail): tail.landmarks
    }
  }

  var keysInUse: Int {
    switch source {
    case .run(let run): run.keysInUse
    case .tail(let tail): tail.keysInUse
    }
  }

  /// Frames on its line.
  var frames: Int {
    switch source {
    case .run(let run): run.frames
    case .tail(let tail): tail.frames
    }
  }

  /// Frames of recordings that count.
  var liveFrames: Int {
    max(0, frames - LandmarkIndex.gap * (recordingCount + 1) - deadFrames)
  }

  func recording(_ slot: Int) -> RunRecording {
    switch source {
    case .run(let run): run.recording(slot)
    case .tail(let tail): tail.recordings[slot]
    }
  }

  func isLive(_ slot: Int) -> Bool {
    let word = slot >> 6
    return word >= dead.count || dead[word] >> UInt64(slot & 63) & 1 == 0
  }

  mutating func kill(_ slot: Int) {
    guard isLive(slot) else { return }
    while dead.count <= slot >> 6 { dead.append(0) }
    dead[slot >> 6] |= 1 << UInt64(slot & 63)
    deadCount += 1
    deadFrames += Int(recording(slot).frames)
  }

  /// Marks the blocks of keys in which it has landmarks.
  func mark(_ occupied: inout [Bool]) {
    switch source {
    case .run(let run):
      for block in 0..<RunBlock.blocks where run.holds(block) { occupied[block] = true }
    case .tail(let tail):
      for entry in tail.entries { occupied[Int(entry >> (32 + UInt64(RunBlock.keyBits)))] = true }
    }
  }

  /// The recording that holds a frame of the line.
  func slot(at frame: UInt32) -> Int {
    var (low, high) = (0, recordingCount)
    while high - low > 1 {
      let middle = (low + high) / 2
      let first =
        switch source {
        case .run(let run): run.firstFrame(middle)
        case .tail(let tail): tail.recordings[middle].first
        }
      if first <= frame { low = middle } else { high = middle }
    }
    return low
  }
}
