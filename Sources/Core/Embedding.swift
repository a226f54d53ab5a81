/// A recording's pooled, L2-normalised embedding, or a query's: 128 finite floats.
public struct Embedding: Hashable, Sendable {
  /// Numbers in every embedding and segment.
  public static let dimension = 128

  /// Exactly ``dimension`` values.
  public let values: [Float]

  /// `nil` unless there are exactly ``dimension`` finite values. They are taken as they are.
  public init?(_ values: [Float]) {
    guard values.count == Self.dimension, values.allSatisfy(\.isFinite) else { return nil }
    self.values = values
  }

  /// `values` scaled to length 1. `nil` as for ``init(_:)``; an all-zero vector stays zero, and its
  /// cosine to anything is 0 by definition.
  public init?(normalising values: [Float]) {
    guard values.count == Self.dimension else { return nil }
    var sum = 0.0
    for value in values { sum += Double(value) * Double(value) }
    guard sum.isFinite else { return nil }
    let scale = sum > 0 ? 1 / sum.squareRoot() : 0
    self.init(values.map { Float(Double($0) * scale) })
  }
}
