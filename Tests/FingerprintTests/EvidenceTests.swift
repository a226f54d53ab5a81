import Core
import TestSupport
import Testing

@testable import Fingerprint

/// What two different pieces have in common by chance is no evidence: a beat, and tones that stay.
@Suite struct EvidenceTests {
  private static let parameters = FingerprintParameters()
  private static let frames = 1_250
  private static let seconds = 20.0

  /// - Parameter pieces: for each peak its time, in frames, and its bin.
  private static func peaks(
    seed: UInt64, _ time: (inout SplitMix64) -> Int32, _ bin: (inout SplitMix64) -> Int32
  ) -> [Peak] {
    var random = SplitMix64(seed: seed)
    return (0..<600).map { _ in
      Peak(
        time: Peak.scale * time(&random), frequency: Peak.scale * bin(&random),
        rank: .random(in: 0..<32, using: &random))
    }.sorted { $0.time < $1.time }
  }

  private static func evidence(_ query: [Peak], _ recording: [Peak]) -> Alignment {
    let constellation = Constellation(
      grids: [query], samples: Int(seconds * 16_000), frames: frames, soundingFrames: frames)
    let verifier = Verifier(Query(constellation, parameters), parameters)
    var alignment = Alignment(recording: 0, start: 0, warp: .none)
    verifier.weigh(&alignment, verifier.points(alignment, recording))
    return alignment
  }

  /// Nearly all are on the beat.
  private static func beat(_ random: inout SplitMix64) -> Int32 {
    let place = Int32.random(in: 0..<Int32(frames), using: &random)
    return Int.random(in: 0..<20, using: &random) == 0 ? place : place / 31 * 31
  }

  private static func anyTime(_ random: inout SplitMix64) -> Int32 {
    .random(in: 0..<Int32(frames), using: &random)
  }

  private static func anyBin(_ random: inout SplitMix64) -> Int32 {
    .random(in: 10..<300, using: &random)
  }

  /// Nearly all are of one chord.
  private static func chord(_ random: inout SplitMix64) -> Int32 {
    let bins: [Int32] = [20, 25, 30, 40, 50, 60, 75, 80, 100, 120]
    return Int.random(in: 0..<20, using: &random) == 0
      ? anyBin(&random) : bins.randomElement(using: &random) ?? 20
  }

  private static func expectNone(
    _ seed: UInt64, _ time: (inout SplitMix64) -> Int32, _ bin: (inout SplitMix64) -> Int32
  ) {
    let query = peaks(seed: 2 * seed, time, bin)
    let other = peaks(seed: 2 * seed + 1, time, bin)
    let found = evidence(query, other)
    #expect(found.hits > 30 && found.evidence < 4, "\(found)")
    #expect(evidence(query, query).evidence > 400)
  }

  @Test(arguments: 0..<8 as Range<UInt64>)
  func aBeatInCommonIsNone(_ seed: UInt64) { Self.expectNone(seed, Self.beat, Self.anyBin) }

  @Test(arguments: 0..<8 as Range<UInt64>)
  func aChordInCommonIsNone(_ seed: UInt64) { Self.expectNone(seed, Self.anyTime, Self.chord) }
}
