import Core

/// Two peaks of a recording, hashed: the first one's bin, and the way from it to the second (Wang,
/// "An industrial-strength audio search algorithm", ISMIR 2003).
public struct Landmark: Sendable, Equatable {
  /// Below ``keys``.
  public var key: UInt32
  /// The first peak's frame.
  public var frame: Int32

  /// How many different keys there are.
  public static let keys = 1 << (binBits + stepBits + frameBits)

  static let binBits = 9
  static let stepBits = 7
  static let frameBits = 5

  /// - Parameters:
  ///   - bin: the first peak's, counted from the lowest in use.
  ///   - step: bins from the first peak to the second, from −64 to 63.
  ///   - frames: from the first peak to the second, up to 31.
  /// - Returns: nil where one of them is out of range.
  @inline(__always)
  static func key(bin: Int32, step: Int32, frames: Int32) -> UInt32? {
    let wide = step &+ (1 << (Int32(stepBits) - 1))
    guard
      UInt32(bitPattern: bin) < 1 << binBits, UInt32(bitPattern: wide) < 1 << stepBits,
      UInt32(bitPattern: frames) < 1 << frameBits
    else { return nil }
    return UInt32(bitPattern: (((bin << Int32(stepBits)) | wide) << Int32(frameBits)) | frames)
  }

  /// The landmarks of a recording's peaks: from each peak to the most salient of those that follow
  /// it within reach, `fanOut` at most.
  /// - Parameter peaks: in order of time.
  public static func ofRecording(
    _ peaks: [Peak], _ parameters: FingerprintParameters, _ body: (Landmark) -> Void
  ) {
    let reach = Int32(parameters.pairBins)
    let lowest = Int32(parameters.bins.lowerBound)
    let frames = parameters.pairFrames
    var targets: [Int] = []
    for (i, first) in peaks.enumerated() {
      targets.removeAll(keepingCapacity: true)
      var j = i + 1
      // Peaks are in order of frame; interpolated, two may be a frame further apart or nearer.
      while j < peaks.count, Int(peaks[j].frame - first.frame) <= frames.upperBound + 1 {
        if frames.contains(first.frames(to: peaks[j])),
          abs(peaks[j].bin - first.bin) <= reach
        {
          targets.append(j)
        }
        j += 1
      }
      if targets.count > parameters.fanOut {
        targets.sort { (peaks[$0].rank, $0) < (peaks[$1].rank, $1) }
        targets.removeLast(targets.count - parameters.fanOut)
      }
      for j in targets {
        let second = peaks[j]
        let key = Self.key(
          bin: first.bin - lowest, step: second.bin - first.bin,
          frames: Int32(first.frames(to: second)))
        if let key { body(Landmark(key: key, frame: first.frame)) }
      }
    }
  }
}

extension Peak {
  /// Frames to a later peak, rounded from the interpolated times.
  @inline(__always)
  func frames(to other: Peak) -> Int { Int((other.time - time + Self.scale / 2) >> 3) }
}
