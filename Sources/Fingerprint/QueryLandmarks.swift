import Core

/// The keys under which a query's landmarks are looked up, after its peaks have been warped to where
/// the recording has them.
///
/// A query cannot know which pairs its recording kept, so it asks for all pairs of its peaks that
/// are in reach; and where a coordinate lies near a cell's edge it asks for the neighbouring cell as
/// well (probing, as multi-probe hashing does: Lv et al., VLDB 2007).
struct QueryLandmarks {
  private var grids: [[Coordinates]] = []
  private let parameters: FingerprintParameters
  private let probes: Bool

  private struct Coordinates {
    var time: Int32
    /// The nearest bin, and the second nearest where it is nearly as near, else the same.
    var bin: Int32
    var otherBin: Int32
  }

  /// - Parameters:
  ///   - grids: how many of the query's grids of frames are used.
  ///   - limit: peaks of this rank and above are left out.
  init(
    _ query: Query, grids used: Int, limit: Int, warp: Warp, probes: Bool,
    _ parameters: FingerprintParameters
  ) {
    self.parameters = parameters
    self.probes = probes
    let lowest = Int32(parameters.bins.lowerBound)
    for peaks in query.grids.prefix(used) {
      var coordinates: [Coordinates] = []
      coordinates.reserveCapacity(peaks.count)
      for peak in peaks where peak.rank < Int32(limit) {
        let time = Int32((Double(peak.time) * warp.speed).rounded())
        let frequency = Int32((Double(peak.frequency) / warp.pitch).rounded())
        let bin = (frequency + 4) >> 3
        var other = bin
        if probes {
          let past = frequency - bin * Peak.scale
          if past >= 2 { other = bin + 1 } else if past <= -2 { other = bin - 1 }
        }
        coordinates.append(Coordinates(time: time, bin: bin - lowest, otherBin: other - lowest))
      }
      self.grids.append(coordinates)
    }
  }

  /// Calls `body` with each key and the warped frame of its first peak.
  @inline(__always)
  func forEach(_ body: (_ key: UInt32, _ frame: Int32) -> Void) {
    for grid in grids {
      grid.withUnsafeBufferPointer { forEachPair($0, body) }
    }
  }

  @inline(__always)
  private func forEachPair(
    _ peaks: UnsafeBufferPointer<Coordinates>, _ body: (UInt32, Int32) -> Void
  ) {
    let near = Int32(parameters.pairFrames.lowerBound)
    let far = Int32(parameters.pairFrames.upperBound)
    let reach = Int32(parameters.pairBins) + (probes ? 1 : 0)
    for i in 0..<peaks.count {
      let first = peaks[i]
      let frame = (first.time + 4) >> 3
      var j = i + 1
      while j < peaks.count {
        let second = peaks[j]
        j += 1
        let eighths = second.time - first.time
        let frames = (eighths + 4) >> 3
        if frames > far + 1 { break }
        if frames < near || frames > far || abs(second.bin - first.bin) > reach { continue }
        var otherFrames = frames
        if probes {
          let past = eighths - frames * Peak.scale
          if past >= 2 { otherFrames += 1 } else if past <= -2 { otherFrames -= 1 }
        }
        ask(first.bin, second.bin, frames, frame, body)
        let (low, high, late) = (
          first.otherBin != first.bin, second.otherBin != second.bin, otherFrames != frames
        )
        if low { ask(first.otherBin, second.bin, frames, frame, body) }
        if high { ask(first.bin, second.otherBin, frames, frame, body) }
        if low && high { ask(first.otherBin, second.otherBin, frames, frame, body) }
        if late {
          ask(first.bin, second.bin, otherFrames, frame, body)
          if low { ask(first.otherBin, second.bin, otherFrames, frame, body) }
          if high { ask(first.bin, second.otherBin, otherFrames, frame, body) }
        }
      }
    }
  }

  @inline(__always)
  private func ask(
    _ bin: Int32, _ second: Int32, _ frames: Int32, _ frame: Int32, _ body: (UInt32, Int32) -> Void
  ) {
    if let key = Landmark.key(bin: bin, step: second - bin, frames: frames) { body(key, frame) }
  }
}
