import Core
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Embedding

@Suite("Pooling and tags")
struct PoolerTests {
  @Test("The mean of segments, scaled to length 1, in double precision")
  func mean() throws {
    var generator = SplitMix64(seed: 9)
    let segments = (0..<1000).map { _ in generator.vector(128) }
    var pooler = Pooler(.mean)
    for segment in segments { pooler.add(segment) }
    #expect(pooler.count == 1000)
    var expected = (0..<128).map { column in
      segments.reduce(0.0) { $0 + Double($1[column]) } / 1000
    }
    let length = expected.reduce(0) { $0 + $1 * $1 }.squareRoot()
    expected = expected.map { $0 / length }
    let pooled = try #require(pooler.pooled())
    for (value, wanted) in zip(pooled.values, expected) { #expect(value == Float(wanted)) }
  }

  @Test("A loud segment counts for more than a quiet one, and silence for nearly nothing")
  func loudness() throws {
    var generator = SplitMix64(seed: 11)
    let levels: [Float] = [3, 0.3, 0]
    let segments = levels.map { _ in generator.vector(128) }
    let patches = levels.map { level in
      generator.vector(NetworkShape.patchSize).map { logf(level * exp2f($0) + 0.01) }
    }
    let weights = patches.map { patch in
      let mean = patch.reduce(0.0) { $0 + Double($1) } / Double(patch.count)
      return max(exp(mean) - 0.01, 1e-5).squareRoot()
    }
    #expect(weights[0] > 2 * weights[1] && weights[1] > 100 * weights[2])
    var pooler = Pooler(.loudness)
    for (segment, patch) in zip(segments, patches) { pooler.add(segment, of: patch) }
    var expected = (0..<128).map { column in
      zip(segments, weights).reduce(0.0) { $0 + Double($1.0[column]) * $1.1 }
    }
    let length = expected.reduce(0) { $0 + $1 * $1 }.squareRoot()
    expected = expected.map { $0 / length }
    let pooled = try #require(pooler.pooled())
    for (value, wanted) in zip(pooled.values, expected) {
      #expect(abs(Double(value) - wanted) < 1e-5)
    }
  }

  @Test("Magnitudes of 1 weigh 1, and those of a hundredth a tenth")
  func weights() {
    for (magnitude, weight) in [(1.0, 1.0), (0.01, 0.1), (0, 1e-5.squareRoot())] {
      let patch = [Float](repeating: logf(Float(magnitude + 0.01)), count: NetworkShape.patchSize)
      let found = patch.withUnsafeBufferPointer { Pooler.loudness(of: $0) }
      #expect(abs(found - weight) < 1e-4)
    }
  }

  @Test("A recording of silence alone has the mean of its segments")
  func silence() throws {
    var generator = SplitMix64(seed: 12)
    let segments = (0..<3).map { _ in generator.vector(128) }
    var mean = Pooler(.mean)
    var loudness = Pooler(.loudness)
    for segment in segments {
      mean.add(segment)
      loudness.add(segment, of: [Float](repeating: logf(0.01), count: NetworkShape.patchSize))
    }
    let wanted = try #require(mean.pooled()).values
    let pooled = try #require(loudness.pooled()).values
    for (value, wanted) in zip(pooled, wanted) { #expect(abs(value - wanted) < 1e-6) }
  }

  @Test("Nothing gives nothing; segments that cancel out give zero; a NaN gives nothing")
  func edges() throws {
    var pooler = Pooler(.mean)
    #expect(pooler.pooled() == nil)
    let segment = [Float](repeating: 0.25, count: 128)
    pooler.add(segment)
    pooler.add(segment.map { -$0 })
    #expect(pooler.pooled()?.values == [Float](repeating: 0, count: 128))
    pooler.add([Float](repeating: .nan, count: 128))
    #expect(pooler.pooled() == nil)
  }

  @Test("A tag's score is the logistic function of a dot product and a bias")
  func tags() throws {
    var small = try SmallModel()
    #expect(try small.read().tags == nil)
    var generator = SplitMix64(seed: 10)
    let weights = generator.vector(256)
    small.writer.metadata["labels"] = #"["rain","bell"]"#
    small.writer.add("tags.weight", shape: [2, 128], weights)
    small.writer.add("tags.bias", shape: [2], [-1, 2])
    let head = try #require(try small.read().tags)
    #expect(head.labels == ["rain", "bell"])
    let embedding = try #require(Embedding(normalising: generator.vector(128)))
    let scores = head.scores(for: embedding)
    for (row, bias) in [-1.0, 2.0].enumerated() {
      let dot = (0..<128).reduce(0.0) {
        $0 + Double(weights[row * 128 + $1]) * Double(embedding.values[$1])
      }
      #expect(abs(scores[row].score - 1 / (1 + exp(-dot - bias))) < 1e-9)
    }
  }
}

extension Pooler {
  fileprivate mutating func add(
    _ segment: [Float], of patch: [Float] = Array(repeating: 0, count: NetworkShape.patchSize)
  ) {
    segment.withUnsafeBufferPointer { segment in
      patch.withUnsafeBufferPointer { add(segment, of: $0) }
    }
  }
}
