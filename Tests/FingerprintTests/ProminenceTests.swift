import Core
import TestSupport
import Testing

@testable import Fingerprint

/// Votes that stand out speak for a place beside the peaks that it hits.
@Suite struct ProminenceTests {
  private static let parameters = SmallLibrary.parameters
  private static let index = SmallLibrary.index

  private func alignments(
    _ samples: [Float], _ effort: Searcher.Effort
  ) -> [Alignment] {
    let query = Query(samples, Self.parameters)
    let verifier = Verifier(query, Self.parameters)
    return Searcher(index: Self.index).alignments(query, verifier, effort)
  }

  private func noisy(_ recording: Int) -> [Float] {
    let samples = SmallLibrary.music[recording].excerpt(from: 7, seconds: 5)
    let noise = Signals.whiteNoise(count: samples.count, seed: 40 + UInt64(recording))
    return Signals.mixed(samples, noise, decibels: 3)
  }

  @Test(arguments: 0..<6) func theRightPlaceStandsOut(recording: Int) throws {
    let found = alignments(noisy(recording), .dense([.none], Self.parameters))
    let best = try #require(found.first)
    #expect(best.recording == recording)
    let prominence = try #require(best.prominence)
    #expect(prominence > 1.5)
    let others = found.filter { $0.recording != recording }.compactMap(\.prominence)
    #expect(others.allSatisfy { $0 >= 1 && $0 < prominence }, "\(others) \(prominence)")
  }

  @Test func fewVotesDoNotTell() {
    let found = alignments(noisy(1), .sparse([.none], Self.parameters))
    #expect(!found.isEmpty)
    #expect(found.allSatisfy { $0.prominence == nil })
  }
}
