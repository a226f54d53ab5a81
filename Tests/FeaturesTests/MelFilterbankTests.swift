import Features
import Foundation
import TestSupport
import Testing

@Suite struct MelFilterbankTests {
  /// The triangles, straight from their definition and dense.
  private func dense() -> [[Double]] {
    func mel(_ f: Double) -> Double { 1127 * log(1 + f / 700) }
    let edges = (0..<66).map { mel(125) + (mel(7500) - mel(125)) * Double($0) / 65 }
    return (0..<64).map { band in
      (0..<257).map { bin in
        guard bin > 0 else { return 0 }
        let m = mel(Double(bin) * 16_000 / 512)
        let rising = (m - edges[band]) / (edges[band + 1] - edges[band])
        let falling = (edges[band + 2] - m) / (edges[band + 2] - edges[band + 1])
        return max(0, min(rising, falling))
      }
    }
  }

  @Test func equalsDenseTriangles() {
    let bank = MelFilterbank(
      bands: 64, bins: 257, sampleRate: 16_000, lowest: 125, highest: 7500)
    var random = SplitMix64(seed: 1)
    let magnitudes = random.vector(bank.binsRead).map { abs($0) }
    var result = [Float](repeating: -1, count: 64)
    magnitudes.withUnsafeBufferPointer { input in
      result.withUnsafeMutableBufferPointer { bank.apply(input, into: $0) }
    }
    for (ours, row) in zip(result, dense()) {
      let exact = zip(row, magnitudes).reduce(0) { $0 + $1.0 * Double($1.1) }
      #expect(abs(Double(ours) - exact) < 1e-5)
    }
  }

  @Test func binZeroCountsForNothing() {
    let bank = MelFilterbank(bands: 4, bins: 9, sampleRate: 16_000, lowest: 0, highest: 8000)
    var magnitudes = [Float](repeating: 0, count: bank.binsRead)
    magnitudes[0] = 1000
    var result = [Float](repeating: -1, count: 4)
    magnitudes.withUnsafeBufferPointer { input in
      result.withUnsafeMutableBufferPointer { bank.apply(input, into: $0) }
    }
    #expect(result == [0, 0, 0, 0])
  }

  @Test func hannIsPeriodic() {
    let window = Window.hann(400)
    #expect(window[0] == 0)
    #expect(window[200] == 1)
    #expect((1..<400).allSatisfy { abs(window[$0] - window[400 - $0]) < 1e-7 })
    #expect(abs(window.reduce(0, +) - 200) < 1e-3)
  }
}
