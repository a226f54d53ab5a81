import Core
import Glibc

/// Makes a recording's embedding from its segments, as its model says; sums in double precision.
public struct Pooler: Sendable {
  private let pooling: Pooling
  private var sums = [Double](repeating: 0, count: Embedding.dimension)

  /// Segments so far.
  public private(set) var count = 0

  public init(model: ModelFile) { self.init(model.pooling) }

  init(_ pooling: Pooling) { self.pooling = pooling }

  /// Adds one segment of 128 values, and the patch of log-mel that it was made of.
  public mutating func add(
    _ segment: UnsafeBufferPointer<Float>, of patch: UnsafeBufferPointer<Float>
  ) {
    precondition(segment.count == Embedding.dimension)
    precondition(patch.count == NetworkShape.patchSize)
    let weight =
      switch pooling {
      case .mean: 1.0
      case .loudness: Self.loudness(of: patch)
      }
    for index in 0..<Embedding.dimension { sums[index] += weight * Double(segment[index]) }
    count += 1
  }

  /// The square root of the geometric mean of a patch's mel magnitudes: loudness grows about as the
  /// root of a sound's pressure (Stevens 1955, with its power 0.6). Silence weighs a little, so that
  /// a recording of nothing else has an embedding too.
  static func loudness(of patch: UnsafeBufferPointer<Float>) -> Double {
    // Eight sums beside each other, which the compiler keeps in one register.
    var sums = SIMD8<Float>.zero
    let bytes = UnsafeRawBufferPointer(patch)
    for offset in stride(from: 0, to: bytes.count, by: MemoryLayout<SIMD8<Float>>.size) {
      sums += bytes.loadUnaligned(fromByteOffset: offset, as: SIMD8<Float>.self)
    }
    let mean = Double(sums.sum()) / Double(patch.count)
    return max(exp(mean) - FrontEnd.vggish.logOffset, leastLoudness).squareRoot()
  }

  private static let leastLoudness = 1e-5

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
