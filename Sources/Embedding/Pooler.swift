import Core

/// Makes a recording's embedding from its segments, as its model says; sums in double precision.
public struct Pooler: Sendable {
  private let pooling: Pooling
  private var sums = [Double](repeating: 0, count: Embedding.dimension)

  /// Segments so far.
  public private(set) var count = 0

  public init(model: ModelFile) { self.init(model.pooling) }

  init(_ pooling: Pooling) { self.pooling = pooling }

  /// Adds one segment of 128 values.
  public mutating func add(_ segment: UnsafeBufferPointer<Float>) {
    precondition(segment.count == Embedding.dimension)
    switch pooling {
    case .mean:
      for index in 0..<Embedding.dimension { sums[index] += Double(segment[index]) }
    }
    count += 1
  }

  /// The pooled embedding, of length 1 (or 0, if the segments cancel out); `nil` before the first
  /// segment, or if a segment held something that is not a finite number.
  public func pooled() -> Embedding? {
    guard count > 0 else { return nil }
    var square = 0.0
    for sum in sums { square += sum * sum }
    guard square.isFinite else { return nil }
    // The mean's length divides out.
    let scale = square > 0 ? 1 / square.squareRoot() : 0
    return Embedding(sums.map { Float($0 * scale) })
  }
}
