import Core
import TestSupport
import Testing

@testable import Peaks

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
        time: $0.time + Int32(cut) * Peak.scale, frequency: $0.frequency, rank: $0.rank)
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
    let maxima = maxima(samples)
    var ranking = PeakRanking(parameters, limit: .max >> 33)
    var all: [Peak] = []
    for maximum in maxima { ranking.append(maximum) { all.append($0) } }
    ranking.finish(frames: Int(maxima.map(\.frame).max()!) + 1) { all.append($0) }
    #expect(all.count == maxima.count)
    let reach = Int32(parameters.rankFrames)
    let last = maxima.map(\.frame).max()!
    for (i, maximum) in maxima.enumerated()
    where maximum.frame >= reach && maximum.frame + reach < last {
      let stronger = maxima.enumerated().filter { j, other in
        j != i && abs(other.frame - maximum.frame) <= reach
          && (other.salience, i) > (maximum.salience, j)
      }
      #expect(Int(all[i].rank) == stronger.count)
    }
  }

  private func maxima(_ samples: [Float]) -> [Maximum] {
    let (spectrum, whitening, finder) = (
      LogSpectrum(parameters), Whitening(parameters), PeakFinder(parameters)
    )
    var maxima: [Maximum] = []
    samples.withUnsafeBufferPointer {
      spectrum.append($0) { whitening.append($0) { finder.append($0) { maxima.append($0) } } }
    }
    whitening.finish { finder.append($0) { maxima.append($0) } }
    finder.finish { maxima.append($0) }
    return maxima
  }

  /// What is kept for a recording is the strongest of what is kept for a query.
  @Test func aRecordingsPeaksAreAQuerysStrongest() {
    let samples = Signals.music(seconds: 5, seed: 7)
    let query = ConstellationExtractor.constellation(of: samples, parameters, role: .query)
    let recording = ConstellationExtractor.constellation(of: samples, parameters, role: .recording)
    #expect(recording.grids == [query.grids[0].strongest(parameters.recordingPeaks)])
    #expect(query.grids.count == 2)
    #expect(query.samples == samples.count && recording.samples == samples.count)
    #expect(recording.frames == (samples.count - parameters.window) / parameters.hop + 1)
  }
}
