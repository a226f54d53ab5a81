import Features
import TestSupport
import Testing

/// What an assembler makes of `samples`, pushed in blocks of the sizes that `sizes` gives.
func patches(
  _ samples: [Float], _ assembler: PatchAssembler = PatchAssembler(), sizes: () -> Int
) -> (patches: [[Float]], isShort: Bool) {
  var result: [[Float]] = []
  samples.withUnsafeBufferPointer { all in
    var start = 0
    while start < all.count {
      let count = min(sizes(), all.count - start)
      var block = UnsafeBufferPointer(rebasing: all[start..<start + count])
      while let patch = assembler.next(from: &block) { result.append(Array(patch)) }
      start += count
    }
  }
  let end = assembler.finish()
  if let patch = end.patch { result.append(Array(patch)) }
  return (result, end.isShort)
}

@Suite struct PatchAssemblerTests {
  @Test func signalEqualsGoldenValues() throws {
    let golden = try Golden.array("signal_16k.patches.npy")
    let ours = patches(try goldenSignal()) { 4096 }
    #expect([ours.patches.count, 96, 64] == golden.shape)
    #expect(!ours.isShort)
    #expect(largestDifference(ours.patches.flatMap { $0 }, golden.values) < 1e-4)
  }

  /// Samples, patches expected, and whether the audio counts as short.
  static let lengths: [(samples: Int, patches: Int, isShort: Bool)] = [
    (0, 1, true), (1, 1, true), (399, 1, true), (15_599, 1, true), (15_600, 1, false),
    (15_360 + 7679, 1, false), (15_360 + 7680, 2, false), (30_959, 2, false), (30_960, 2, false),
    (2 * 15_360 + 7679, 2, false), (2 * 15_360 + 7680, 3, false),
  ]

  @Test(arguments: lengths)
  func lastPatchIsKeptFromHalfOn(length: (samples: Int, patches: Int, isShort: Bool)) {
    var random = SplitMix64(seed: 7)
    let ours = patches(random.vector(length.samples)) { 1000 }
    #expect(ours.patches.count == length.patches)
    #expect(ours.isShort == length.isShort)
  }

  @Test(arguments: [1, 700, 15_000, 15_360 + 8000, 3 * 15_360 + 15_000])
  func paddingIsZerosInTheWaveform(count: Int) {
    var random = SplitMix64(seed: 8)
    let samples = random.vector(count)
    let whole = (count + 15_359) / 15_360
    let padded = samples + [Float](repeating: 0, count: whole * 15_360 + 240 - count)
    let ours = patches(samples) { 512 }
    #expect(ours.patches == patches(padded) { 20_000 }.patches)
  }

  @Test(arguments: [11 as UInt64, 12, 13])
  func blockSizesAndReuseMakeNoDifference(seed: UInt64) {
    var random = SplitMix64(seed: seed)
    let samples = random.vector(Int.random(in: 10_000...60_000, using: &random))
    let assembler = PatchAssembler()
    _ = patches(random.vector(20_000), assembler) { 3000 }
    let cut = patches(samples, assembler) { Int.random(in: 1...20_000, using: &random) }
    let whole = patches(samples) { Int.max / 2 }
    #expect(cut.patches == whole.patches)
    #expect(cut.isShort == whole.isShort)
  }
}
