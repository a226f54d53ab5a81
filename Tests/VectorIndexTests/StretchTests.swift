import Core
import TestSupport
import Testing

@testable import VectorIndex

@Suite struct StretchTests {
  @Test func aStretchIsTheNormalisedMeanOfItsSegments() throws {
    var random = SplitMix64(seed: 61)
    let fixture = try IndexFixture()
    try fixture.add(1, pooled: random.unitVector(), segments: random.segments(10))
    let key = RecordingKey(1)
    let range = try TimeRange(from: 2 * 0.96, to: 5 * 0.96)
    let got = try #require(try fixture.index.meanOfSegments(of: key, in: range))
    var mean = [Double](repeating: 0, count: 128)
    for segment in 2..<5 {
      for (place, value) in fixture.segments[key]!.dequantised(segment).enumerated() {
        mean[place] += Double(value) / 3
      }
    }
    #expect(abs(BruteForce.cosine(mean, got.values.map(Double.init)) - 1) < 1e-12)
    #expect(abs(got.values.reduce(0) { $0 + Double($1) * Double($1) } - 1) < 1e-6)
    let one = try fixture.index.meanOfSegments(of: key, in: TimeRange(from: 2.0, to: 2.1))
    #expect(one == Embedding(normalising: fixture.segments[key]!.dequantised(2)))
    let rest = try fixture.index.meanOfSegments(of: key, in: TimeRange(from: 9.7, to: 10))
    #expect(rest == Embedding(normalising: fixture.segments[key]!.dequantised(9)))
    #expect(try fixture.index.meanOfSegments(of: RecordingKey(2), in: range) == nil)
  }
}
