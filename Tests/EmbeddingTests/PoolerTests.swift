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
    for segment in segments { segment.withUnsafeBufferPointer { pooler.add($0) } }
    #expect(pooler.count == 1000)
    var expected = (0..<128).map { column in
      segments.reduce(0.0) { $0 + Double($1[column]) } / 1000
    }
    let length = expected.reduce(0) { $0 + $1 * $1 }.squareRoot()
    expected = expected.map { $0 / length }
    let pooled = try #require(pooler.pooled())
    for (value, wanted) in zip(pooled.values, expected) { #expect(value == Float(wanted)) }
  }

  @Test("Nothing gives nothing; segments that cancel out give zero; a NaN gives nothing")
  func edges() throws {
    var pooler = Pooler(.mean)
    #expect(pooler.pooled() == nil)
    let segment = [Float](repeating: 0.25, count: 128)
    segment.withUnsafeBufferPointer { pooler.add($0) }
    segment.map { -$0 }.withUnsafeBufferPointer { pooler.add($0) }
    #expect(pooler.pooled()?.values == [Float](repeating: 0, count: 128))
    [Float](repeating: .nan, count: 128).withUnsafeBufferPointer { pooler.add($0) }
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
