import Core
import Glibc

/// A model's tags: linear in the embedding, so that a label is a direction.
public struct TagHead: Sendable {
  /// Names, one for each row.
  public let labels: [String]
  /// `labels.count` × 128, row by row.
  public let weights: [Float]
  /// One for each label.
  public let bias: [Float]

  /// `nil` for a model without tags.
  public init?(model: ModelFile) {
    guard let tags = model.weights.tags else { return nil }
    labels = model.info.labels
    weights = tags.floats()
    bias = tags.bias
  }

  /// Each label's score, 0–1: the logistic function of `weight · embedding + bias`.
  public func scores(for embedding: Embedding) -> [Float] {
    labels.indices.map { row in
      var sum = Double(bias[row])
      for column in 0..<Embedding.dimension {
        sum +=
          Double(weights[row * Embedding.dimension + column])
          * Double(embedding.values[column])
      }
      return Float(1 / (1 + exp(-sum)))
    }
  }
}
