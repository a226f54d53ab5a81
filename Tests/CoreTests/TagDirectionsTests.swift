import Core
import Foundation
import TestSupport
import Testing

@Suite struct TagDirectionsTests {
  private static func directions(
    labels count: Int, seed: UInt64, scale: Float = 4
  ) throws -> TagDirections {
    var random = SplitMix64(seed: seed)
    return try #require(
      TagDirections(
        labels: (0..<count).map { "label \($0)" },
        weights: random.vector(count * Embedding.dimension).map { $0 * scale },
        bias: random.vector(count)))
  }

  /// The formula as it stands in the paper's words, one label at a time.
  @Test(arguments: [1, 2, 17, 300])
  func scoresAreTheLogisticFunctionOfADotProduct(_ count: Int) throws {
    let directions = try Self.directions(labels: count, seed: UInt64(count))
    var random = SplitMix64(seed: 77)
    for _ in 0..<5 {
      let embedding = try #require(Embedding(normalising: random.vector(Embedding.dimension)))
      let tags = directions.scores(for: embedding)
      #expect(tags.map(\.label) == directions.labels)
      for (row, tag) in tags.enumerated() {
        let weights = directions.weights.dropFirst(row * 128).prefix(128).map(Double.init)
        let dot = zip(weights, embedding.values).map { $0 * Double($1) }.reduce(0, +)
        let expected = 1 / (1 + exp(-(dot + Double(directions.bias[row]))))
        #expect(abs(tag.score - expected) < 1e-9)
      }
    }
  }

  @Test func theRankingIsASortedPermutation() throws {
    let directions = try Self.directions(labels: 200, seed: 4)
    var random = SplitMix64(seed: 5)
    let embedding = try #require(Embedding(normalising: random.vector(Embedding.dimension)))
    let ranking = directions.ranking(for: embedding)
    #expect(Set(ranking) == Set(directions.scores(for: embedding)))
    #expect(ranking.count == 200)
    #expect(zip(ranking, ranking.dropFirst()).allSatisfy { $0.score >= $1.score })
  }

  @Test func equalScoresKeepTheModelsOrderAndExtremesStayInRange() throws {
    let zeros = [Float](repeating: 0, count: Embedding.dimension)
    let directions = try #require(
      TagDirections(
        labels: ["a", "b", "never", "c", "always"], weights: zeros + zeros + zeros + zeros + zeros,
        bias: [0, 0, -.greatestFiniteMagnitude, 0, .greatestFiniteMagnitude]))
    let silence = try #require(Embedding(zeros))
    let ranking = directions.ranking(for: silence)
    #expect(ranking.map(\.label) == ["always", "a", "b", "c", "never"])
    #expect(ranking.map(\.score) == [1, 0.5, 0.5, 0.5, 0])
  }

  @Test func whatDoesNotFitTogetherIsNoDirection() {
    let row = [Float](repeating: 0.5, count: Embedding.dimension)
    #expect(TagDirections(labels: ["a"], weights: row, bias: [0]) != nil)
    #expect(TagDirections(labels: [], weights: [], bias: []) == nil)
    #expect(TagDirections(labels: ["a"], weights: row.dropLast(), bias: [0]) == nil)
    #expect(TagDirections(labels: ["a", "b"], weights: row, bias: [0, 0]) == nil)
    #expect(TagDirections(labels: ["a"], weights: row, bias: []) == nil)
    for bad in [Float.nan, .infinity, -.infinity] {
      #expect(TagDirections(labels: ["a"], weights: row, bias: [bad]) == nil)
      #expect(TagDirections(labels: ["a"], weights: row.dropLast() + [bad], bias: [0]) == nil)
    }
  }
}
