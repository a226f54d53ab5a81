import Features
import Foundation
import TestSupport
import Testing

/// Every frame or patch of `samples`, pushed in blocks of the sizes that `sizes` gives.
func frames(_ samples: [Float], _ logMel: LogMel = LogMel(), sizes: () -> Int) -> [[Float]] {
  var result: [[Float]] = []
  samples.withUnsafeBufferPointer { all in
    var start = 0
    while start < all.count {
      let count = min(sizes(), all.count - start)
      var block = UnsafeBufferPointer(rebasing: all[start..<start + count])
      while let frame = logMel.next(from: &block) { result.append(Array(frame)) }
      start += count
    }
  }
  return result
}

/// Samples of a 16-bit mono WAV file with a plain 44-byte header.
func goldenSignal() throws -> [Float] {
  let data = [UInt8](try Data(contentsOf: Golden.url("signal_16k.wav"))).dropFirst(44)
  return data.withUnsafeBytes { raw in
    (0..<raw.count / 2).map {
      Float(raw.loadUnaligned(fromByteOffset: 2 * $0, as: Int16.self)) / 32_768
    }
  }
}

func largestDifference(_ a: [Float], _ b: [Float]) -> Float {
  zip(a, b).map { abs($0 - $1) }.max() ?? 0
}

@Suite struct LogMelTests {
  @Test func signalEqualsGoldenValues() throws {
    let golden = try Golden.array("signal_16k.logmel.npy")
    let ours = frames(try goldenSignal()) { 1000 }
    #expect([ours.count, FrontEnd.bands] == golden.shape)
    #expect(largestDifference(ours.flatMap { $0 }, golden.values) < 1e-4)
  }

  @Test func toneEqualsGoldenValues() throws {
    let golden = try Golden.array("tone_1khz_16k.logmel.npy")
    let tone = (0..<48_000).map { Float(sin(2 * Double.pi * 1000 * Double($0) / 16_000)) }
    let ours = frames(tone) { 1000 }
    #expect([ours.count, FrontEnd.bands] == golden.shape)
    #expect(largestDifference(ours.flatMap { $0 }, golden.values) < 1e-4)
  }

  @Test func silenceEqualsGoldenValues() throws {
    let golden = try Golden.array("silence_1s.logmel.npy")
    let ours = frames([Float](repeating: 0, count: 16_000)) { 1000 }
    #expect([ours.count, FrontEnd.bands] == golden.shape)
    #expect(largestDifference(ours.flatMap { $0 }, golden.values) < 1e-6)
  }

  @Test(arguments: [1 as UInt64, 2, 3, 4, 5])
  func blockSizesMakeNoDifference(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let samples = random.vector(Int.random(in: 0...30_000, using: &random))
    let whole = frames(samples) { Int.max / 2 }
    let cut = frames(samples) { Int.random(in: 1...Int.random(in: 1...9000), using: &random) }
    #expect(whole == cut)
    #expect(whole.count == (samples.count < 400 ? 0 : (samples.count - 400) / 160 + 1))
  }

  @Test func resetForgets() {
    var random = SplitMix64(seed: 6)
    let samples = random.vector(5000)
    let logMel = LogMel()
    _ = frames(random.vector(777), logMel) { 100 }
    logMel.reset()
    #expect(frames(samples, logMel) { 333 } == frames(samples) { 5000 })
  }

  @Test func loudInputStaysFinite() {
    let ours = frames([Float](repeating: 1e15, count: 4000)) { 4000 }
    #expect(ours.allSatisfy { $0.allSatisfy(\.isFinite) })
  }
}
