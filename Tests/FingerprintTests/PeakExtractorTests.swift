import TestSupport
import Testing

@testable import Fingerprint

@Suite struct PeakExtractorTests {
  private let parameters = FingerprintParameters()

  private func peaks(_ samples: [Float], blocks: () -> Int) -> [Peak] {
    let extractor = PeakExtractor(parameters, limit: parameters.queryPeaks)
    var peaks: [Peak] = []
    samples.withUnsafeBufferPointer { all in
      var start = 0
      while start < all.count {
        let end = min(all.count, start + blocks())
        extractor.append(UnsafeBufferPointer(rebasing: all[start..<end])) { peaks.append($0) }
        start = end
      }
    }
    extractor.finish { peaks.append($0) }
    return peaks
  }

  @Test(arguments: [1, 2, 3] as [UInt64])
  func blocksDoNotMatter(seed: UInt64) {
    let samples = Signals.music(seconds: 6, seed: seed)
    let whole = peaks(samples) { samples.count }
    #expect(whole.count > 200)
    var random = SplitMix64(seed: seed)
    #expect(peaks(samples) { .random(in: 1...3_000, using: &random) } == whole)
    #expect(peaks(samples) { 1 } == whole)
  }

  /// Whole hops cut off the front move every peak that is far from the cut by as many frames.
  @Test func peaksMoveWithTheAudio() {
    let samples = Signals.music(seconds: 8, seed: 4)
    let cut = 40
    let whole = peaks(samples) { samples.count }
    let rest = peaks(Array(samples.dropFirst(cut * parameters.hop))) { samples.count }
    let reach = Int32(
      parameters.rankFrames + parameters.peakFrames + parameters.meanFrames + 1)
    let moved = rest.filter { $0.frame > reach }.map {
      Peak(
        time: $0.time + Int32(cut) * Peak.scale, frequency: $0.frequency, salience: $0.salience,
        rank: $0.rank)
    }
    #expect(moved == whole.filter { $0.frame > reach + Int32(cut) })
    #expect(moved.count > 100)
  }

  /// Salience is relative: a quieter copy has the same peaks, as far as the floor lets it.
  @Test func levelDoesNotMatter() {
    let samples = Signals.music(seconds: 6, seed: 5)
    let loud = peaks(samples) { samples.count }.strongest(parameters.recordingPeaks)
    let quiet = peaks(samples.scaled(0.0316)) { samples.count }
    let kept = loud.filter { peak in
      quiet.contains { $0.frame == peak.frame && $0.bin == peak.bin }
    }
    #expect(Double(kept.count) > 0.8 * Double(loud.count))
  }

  @Test func rateIsControlled() {
    for seed in 10..<14 as Range<UInt64> {
      let samples = Signals.music(seconds: 10, seed: seed)
      let rate = Double(peaks(samples) { samples.count }.strongest(32).count) / 10
      #expect(rate > 20 && rate < 40)
    }
  }

  @Test func silenceHasNoPeaks() {
    #expect(peaks([Float](repeating: 0, count: 48_000)) { 48_000 }.isEmpty)
    #expect(peaks([Float](repeating: 0.25, count: 48_000)) { 48_000 }.isEmpty)
    #expect(peaks([]) { 1 }.isEmpty)
    #expect(peaks([0.5, -0.5]) { 1 }.isEmpty)
  }

  @Test func ranksAreTheNumberOfStrongerPeaks() {
    let samples = Signals.music(seconds: 8, seed: 6)
    let all = { () -> [Peak] in
      let extractor = PeakExtractor(parameters, limit: .max >> 33)
      var peaks: [Peak] = []
      samples.withUnsafeBufferPointer { extractor.append($0) { peaks.append($0) } }
      extractor.finish { peaks.append($0) }
      return peaks
    }()
    let reach = Int32(parameters.rankFrames)
    let last = all.map(\.frame).max()!
    for (i, peak) in all.enumerated() where peak.frame >= reach && peak.frame + reach < last {
      let stronger = all.enumerated().filter { j, other in
        j != i && abs(other.frame - peak.frame) <= reach
          && (other.salience, i) > (peak.salience, j)
      }
      #expect(Int(peak.rank) == stronger.count)
    }
  }
}
