#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A label that a model gives a sound, and how sure it is.
public struct Tag: Hashable, Sendable {
  public var label: String
  /// 0–1. Labels do not exclude each other: the scores add up to nothing in particular.
  public var score: Double

  public init(label: String, score: Double) {
    self.label = label
    self.score = score
  }
}

/// A model's tag head: linear in the embedding and in nothing else, so that each label is a direction
/// and a stored embedding is all that its tags need.
public struct TagDirections: Hashable, Sendable {
  /// At least one, in the model's order.
  public let labels: [String]
  /// `labels.count` × ``Embedding/dimension``, row by row; finite.
  public let weights: [Float]
  /// One for each label; finite.
  public let bias: [Float]

  /// `nil` unless there is a label, and 128 weights and a bias for each, all of them finite.
  public init?(labels: [String], weights: [Float], bias: [Float]) {
    guard !labels.isEmpty, weights.count == labels.count * Embedding.dimension,
      bias.count == labels.count, weights.allSatisfy(\.isFinite), bias.allSatisfy(\.isFinite)
    else { return nil }
    self.labels = labels
    self.weights = weights
    self.bias = bias
  }

  /// Every label with its score, 1 / (1 + exp(−(w · e + b))), in the order of ``labels``; sums in
  /// double precision. Complexity: O(labels).
  public func scores(for embedding: Embedding) -> [Tag] {
    labels.indices.map { row in
      var sum = Double(bias[row])
      let start = row * Embedding.dimension
      for column in 0..<Embedding.dimension {
        sum += Double(weights[start + column]) * Double(embedding.values[column])
      }
      return Tag(label: labels[row], score: 1 / (1 + exp(-sum)))
    }
  }

  /// The same, best first; equal scores in the order of ``labels``. Complexity: O(n log n).
  public func ranking(for embedding: Embedding) -> [Tag] {
    let tags = scores(for: embedding)
    return tags.indices.sorted {
      (tags[$1].score, $0) < (tags[$0].score, $1)
    }.map { tags[$0] }
  }
}
