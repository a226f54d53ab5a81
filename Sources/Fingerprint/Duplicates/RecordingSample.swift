import Core

/// The landmarks by which a recording is looked for in the others: a few a second, the rarest of those
/// between strong peaks, no key twice.
///
/// A copy has some 20,000 landmarks in common with its original, of which a hundred do to notice it;
/// and what repeats in a recording, or is common in the library, says the least.
struct RecordingSample {
  /// Two peaks, as the index pairs them, in 12 bytes: a join over a large library keeps all samples.
  struct Pair {
    /// The first's, in eighths of a frame.
    var time: Int32
    /// From the first to the second.
    var way: Int16
    /// The first's, in eighths of a bin.
    var frequency: Int16
    /// The second's.
    var other: Int16

    init(first: Peak, second: Peak) {
      time = first.time
      way = Int16(clamping: second.time - first.time)
      frequency = Int16(clamping: first.frequency)
      other = Int16(clamping: second.frequency)
    }
  }

  /// In order of time.
  let pairs: [Pair]

  private static let perSecond = 1.25
  private static let atLeast = 200
  /// Pairs are chosen in each block of so many frames, so that they come from everywhere.
  private static let blockFrames: Int32 = 250
  /// Pairs begin at peaks of a lower rank than this: a copy keeps the strong ones.
  private static let anchorRank: Int32 = 6
  /// Shorter recordings than this have too few of those, and give all they have.
  private static let shortFrames = 625

  init(_ peaks: [Peak], frames: Int, _ table: JoinTable, _ parameters: FingerprintParameters) {
    let blocks = max(1, (frames + Int(Self.blockFrames) - 1) / Int(Self.blockFrames))
    let wanted = max(
      Self.atLeast, Int(Double(frames) * parameters.frameSeconds * Self.perSecond))
    let quota = (wanted + blocks - 1) / blocks
    let anchorRank = frames < Self.shortFrames ? Int32.max : Self.anchorRank
    var chosen: [Pair] = []
    var taken: Set<UInt32> = []
    var i = 0
    while i < peaks.count {
      let block = peaks[i].frame / Self.blockFrames
      var candidates: [(length: Int, key: UInt32, pair: Pair)] = []
      while i < peaks.count, peaks[i].frame / Self.blockFrames <= block {
        if peaks[i].rank < anchorRank {
          Self.forEachTarget(of: i, peaks, parameters) { key, second in
            let length = table.occurrences(of: key)
            // One that occurs only here comes last: it may still occur elsewhere at another speed.
            let order = length > 1 ? length : table.longest
            if length > 0 {
              candidates.append((order, key, Pair(first: peaks[i], second: second)))
            }
          }
        }
        i += 1
      }
      candidates.sort { ($0.length, $0.key) < ($1.length, $1.key) }
      var left = quota
      for candidate in candidates where left > 0 && taken.insert(candidate.key).inserted {
        chosen.append(candidate.pair)
        left -= 1
      }
    }
    pairs = chosen
  }

  /// The second peaks of the landmarks that begin at a peak, by ``Landmark/ofRecording(_:_:_:)``'s rule.
  private static func forEachTarget(
    of i: Int, _ peaks: [Peak], _ parameters: FingerprintParameters, _ body: (UInt32, Peak) -> Void
  ) {
    let first = peaks[i]
    let reach = Int32(parameters.pairBins)
    var best: [Peak] = []
    var j = i + 1
    while j < peaks.count,
      Int(peaks[j].frame - first.frame) <= parameters.pairFrames.upperBound + 1
    {
      let second = peaks[j]
      j += 1
      guard parameters.pairFrames.contains(first.frames(to: second)),
        abs(second.bin - first.bin) <= reach
      else { continue }
      // Equal ranks: the earlier one first, as there.
      let place = best.firstIndex { $0.rank > second.rank } ?? best.count
      guard place < parameters.fanOut else { continue }
      best.insert(second, at: place)
      if best.count > parameters.fanOut { best.removeLast() }
    }
    let lowest = Int32(parameters.bins.lowerBound)
    for second in best {
      let key = Landmark.key(
        bin: first.bin - lowest, step: second.bin - first.bin,
        frames: Int32(first.frames(to: second)))
      if let key { body(key, second) }
    }
  }
}

extension RecordingSample {
  /// Calls `body` with each key, and the frame of its first peak, where a recording has them beside
  /// which this one is warped.
  @inline(__always)
  func forEach(
    _ warp: Warp, _ parameters: FingerprintParameters, _ body: (_ key: UInt32, _ frame: Int) -> Void
  ) {
    let lowest = Int32(parameters.bins.lowerBound)
    let (speed, pitch) = (Float(warp.speed), Float(1 / warp.pitch))
    let frames = Int32(parameters.pairFrames.lowerBound)...Int32(parameters.pairFrames.upperBound)
    for pair in pairs {
      let time = Int32(Float(pair.time) * speed + 0.5)
      let way = Int32(Float(pair.way) * speed + 0.5)
      let bin = (Int32(Float(pair.frequency) * pitch + 0.5) + 4) >> 3
      let other = (Int32(Float(pair.other) * pitch + 0.5) + 4) >> 3
      let distance = (way + 4) >> 3
      guard frames.contains(distance),
        let key = Landmark.key(bin: bin - lowest, step: other - bin, frames: distance)
      else { continue }
      body(key, Int((time + 4) >> 3))
    }
  }
}
