import Core

extension ModelFile {
  /// The tag head with its weights as floats; `nil` for a model without one. Complexity: O(labels).
  public var tags: TagDirections? {
    weights.tags.flatMap {
      // The reader has checked shapes, numbers and labels.
      TagDirections(labels: info.labels, weights: $0.floats(), bias: $0.bias)
    }
  }
}
