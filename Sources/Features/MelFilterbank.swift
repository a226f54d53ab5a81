#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Triangular mel bands over the magnitudes of a Fourier transform, stored sparsely.
///
/// HTK's mel scale, 1127·ln(1 + f/700) (Young et al., "The HTK Book", section 5.4); edges equally
/// spaced in mel; triangles linear in *mel*, with peak 1 and no normalisation by area; the bin at
/// 0 Hz belongs to no band. These are the choices of VGGish's released front end.
public struct MelFilterbank {
  /// Bands, lowest first.
  public var count: Int { bands.count }

  private struct Band {
    var firstBin: Int
    /// Index of its first weight; the weights are padded with zeros to a multiple of 4.
    var firstWeight: Int
    var weights: Int
  }

  private var bands: [Band] = []
  private var weights: [Float] = []
  /// Magnitudes that ``apply(_:into:)`` reads, which padding makes more than there are bins.
  public let binsRead: Int

  /// - Parameters:
  ///   - bands: number of bands, > 0.
  ///   - bins: bins from 0 Hz to half the sample rate, both included.
  ///   - sampleRate: Hz.
  ///   - lowest, highest: outer edges in Hz.
  public init(bands count: Int, bins: Int, sampleRate: Double, lowest: Double, highest: Double) {
    let (low, high) = (Self.mel(lowest), Self.mel(highest))
    let spacing = (high - low) / Double(count + 1)
    let binMels = (0..<bins).map { Self.mel(Double($0) * sampleRate / 2 / Double(bins - 1)) }
    var read = bins
    for band in 0..<count {
      let centre = low + Double(band + 1) * spacing
      let inside = binMels.indices.filter { $0 > 0 && abs(binMels[$0] - centre) < spacing }
      let first = inside.first ?? 1
      let values = inside.map { Float(1 - abs(binMels[$0] - centre) / spacing) }
      let padded = (values.count + 3) / 4 * 4
      bands.append(Band(firstBin: first, firstWeight: weights.count, weights: padded))
      weights += values + Array(repeating: 0, count: padded - values.count)
      read = max(read, first + padded)
    }
    binsRead = read
  }

  /// Weighs `magnitudes` into bands.
  ///
  /// - Parameters:
  ///   - magnitudes: at least ``binsRead`` finite values; those behind the last bin do not count.
  ///   - result: receives ``count`` values.
  public func apply(
    _ magnitudes: UnsafeBufferPointer<Float>, into result: UnsafeMutableBufferPointer<Float>
  ) {
    precondition(magnitudes.count >= binsRead && result.count >= bands.count)
    let bins = UnsafeRawBufferPointer(magnitudes)
    weights.withUnsafeBytes { weights in
      for (index, band) in bands.enumerated() {
        var sums = SIMD4<Float>()
        for offset in stride(from: 0, to: band.weights, by: 4) {
          sums +=
            bins.loadUnaligned(fromByteOffset: (band.firstBin + offset) * 4, as: Quad.self)
            * weights.loadUnaligned(fromByteOffset: (band.firstWeight + offset) * 4, as: Quad.self)
        }
        result[index] = sums.sum()
      }
    }
  }

  private typealias Quad = SIMD4<Float>

  private static func mel(_ hertz: Double) -> Double { 1127 * log(1 + hertz / 700) }
}
