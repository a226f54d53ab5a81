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
