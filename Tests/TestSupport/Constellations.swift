import Core

extension Constellation {
  /// Sixteen seconds of peaks at random, as many as music has.
  public static func random(using generator: inout SplitMix64) -> Constellation {
    let peaks = (0..<600).map { _ in
      Peak(
        time: .random(in: 0..<8_000, using: &generator),
        frequency: .random(in: 80..<400, using: &generator),
        rank: .random(in: 0..<32, using: &generator))
    }.sorted { $0.time < $1.time }
    return Constellation(grids: [peaks], samples: 256_000, frames: 1_000, soundingFrames: 1_000)
  }
}

/// Peaks of an event that never was: recordings of hours without a sample of them.
public struct PeakEvent: Sendable {
  private struct Sound {
    var seconds: Double
    var frequency: Int32
    var rank: Int32
  }

  private let sounds: [Sound]
  private static let framesPerSecond = 62.5

  /// - Parameter density: peaks a second; music has some 30.
  public init(seconds: Double, density: Double, seed: UInt64) {
    var random = SplitMix64(seed: seed)
    sounds = (0..<Int(seconds * density)).map { _ in
      Sound(
        seconds: .random(in: 0..<seconds, using: &random),
        frequency: .random(in: 80..<2_700, using: &random),
        rank: .random(in: 0..<32, using: &random))
    }
  }

  /// What a recorder hears of a stretch, each peak a little off and one of ten not at all.
  /// - Parameters:
  ///   - start: seconds of the recording at which the stretch begins.
  ///   - drift: millionths by which the recorder's clock gains.
  public func heard(
    from: Double, seconds: Double, at start: Double = 0, drift: Double = 0, seed: UInt64
  ) -> [Peak] {
    var random = SplitMix64(seed: seed)
    let scale = Self.framesPerSecond * Double(Peak.scale)
    return sounds.compactMap { sound in
      let late = Int32.random(in: -2...2, using: &random)
      let high = Int32.random(in: -1...1, using: &random)
      let isLost = Int.random(in: 0..<10, using: &random) == 0
      guard !isLost, sound.seconds >= from, sound.seconds < from + seconds else { return nil }
      let place = start + (sound.seconds - from) * (1 + drift * 1e-6)
      return Peak(
        time: max(0, Int32((place * scale).rounded()) + late), frequency: sound.frequency + high,
        rank: sound.rank)
    }
  }
}

extension Constellation {
  /// A recording in which these peaks are heard, and nothing is silent.
  public init(seconds: Double, _ stretches: [Peak]...) {
    let peaks = stretches.flatMap { $0 }.sorted {
      ($0.time, $0.frequency) < ($1.time, $1.frequency)
    }
    let samples = Int(seconds * 16_000)
    let frames = samples / 256
    self.init(grids: [peaks], samples: samples, frames: frames, soundingFrames: frames)
  }
}
