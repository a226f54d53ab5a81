import Audio
import Core
import Foundation
import TestSupport
import Testing

@Suite struct ResamplerTests {
  private func resample(
    _ samples: [Float], _ resampler: Resampler, sizes: () -> Int
  ) throws -> [Float] {
    var result: [Float] = []
    try samples.withUnsafeBufferPointer { all in
      var start = 0
      while start < all.count {
        let count = min(sizes(), all.count - start)
        try resampler.push(UnsafeBufferPointer(rebasing: all[start..<start + count])) {
          block throws(AnalysisFailure) in result.append(contentsOf: block)
        }
        start += count
      }
    }
    try resampler.flush { block throws(AnalysisFailure) in result.append(contentsOf: block) }
    return result
  }

  @Test(arguments: [
    4000, 8000, 11_025, 22_050, 32_000, 44_056, 44_100, 48_000, 96_000, 192_000, 384_000,
  ])
  func lengthIsTheExactRatio(rate: Int) throws {
    let resampler = try Resampler(inputRate: rate)
    for count in [1, 2, 100, 4095, 30_001] {
      let samples = [Float](repeating: 0.25, count: count)
      let result = try resample(samples, resampler) { 997 }
      let exact = Double(count) * 16_000 / Double(rate)
      #expect(abs(Double(result.count) - exact) <= 0.5, "\(count) samples")
    }
  }

  @Test(arguments: [8000, 11_025, 44_100, 48_000, 96_000])
  func aToneStaysItself(rate: Int) throws {
    // A whole pass keeps level, frequency and, without delay, phase.
    let hertz = 1000.0
    let samples = (0..<rate).map { Float(0.5 * sin(2 * .pi * hertz * Double($0) / Double(rate))) }
    let result = try resample(samples, Resampler(inputRate: rate)) { 4096 }
    #expect(result.count == 16_000)
    // The ends ring: the filter sees silence before and behind.
    for index in 1000..<15_000 {
      let exact = 0.5 * sin(2 * .pi * hertz * Double(index) / 16_000)
      #expect(abs(Double(result[index]) - exact) < 2e-5)
    }
  }

  @Test func whatCannotBeKeptIsFilteredOut() throws {
    let rate = 48_000
    let samples = (0..<rate).map { Float(0.5 * sin(2 * .pi * 11_000 * Double($0) / Double(rate))) }
    let result = try resample(samples, Resampler(inputRate: rate)) { 4096 }
    let peak = result[1000..<15_000].map(abs).max() ?? 1
    #expect(peak < 1e-5)
  }

  @Test func sixteenKilohertzPassesThrough() throws {
    var random = SplitMix64(seed: 1)
    let samples = random.vector(5000)
    #expect(try resample(samples, Resampler(inputRate: 16_000)) { 333 } == samples)
  }

  @Test(arguments: [1 as UInt64, 2, 3])
  func blockSizesAndReuseMakeNoDifference(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let samples = random.vector(60_000)
    let resampler = try Resampler(inputRate: 44_100)
    let whole = try resample(samples, resampler) { Int.max / 2 }
    let cut = try resample(samples, resampler) { Int.random(in: 1...9000, using: &random) }
    let fresh = try resample(samples, Resampler(inputRate: 44_100)) { 512 }
    #expect(whole == cut)
    #expect(whole == fresh)
  }
}
