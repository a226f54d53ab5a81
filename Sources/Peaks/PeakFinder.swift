import Core

/// Rows of salience → the local maxima among them.
///
/// A point is a maximum where nothing within `peakFrames` frames and `peakBins` bins is greater, and
/// nothing equal comes earlier in (frame, bin) order. The greatest value around each point is found
/// by filtering along the bins first and along the frames then.
final class PeakFinder {
  /// Below this salience (3 dB above the mean) a maximum is ripple.
  static let threshold: Int16 = 256

  private let width: Int
  private let frames: Int
  private let reach: Int
  private let firstBin: Int32
  private let rows: RowRing<Int16>
  private let maxima: RowRing<Int16>
  private let padded: UnsafeMutablePointer<Int16>
  private let around: UnsafeMutablePointer<Int16>
  private var received = 0
  private var searched = 0

  init(_ parameters: FingerprintParameters) {
    precondition(parameters.peakFrames > 0 && parameters.peakBins > 0)
    width = parameters.bins.count
    frames = parameters.peakFrames
    reach = parameters.peakBins
    firstBin = Int32(parameters.bins.lowerBound)
    rows = RowRing(width: width, rows: 2 * frames + 2)
    maxima = RowRing(width: width, rows: 2 * frames + 2)
    padded = .allocate(capacity: width + 2 * reach)
    padded.initialize(repeating: .min, count: width + 2 * reach)
    around = .allocate(capacity: width)
    around.initialize(repeating: .min, count: width)
  }

  deinit {
    padded.deallocate()
    around.deallocate()
  }

  /// Takes the next row and hands on the maxima of the row whose neighbourhood is now complete, in
  /// rising order of frame and bin.
  func append(_ row: UnsafePointer<Int16>, maximum: (Maximum) -> Void) {
    let copy = rows[received]
    for i in 0..<width { copy[i] = row[i] }
    maximaOverBins(row, into: maxima[received])
    received += 1
    if searched + frames < received { search(maximum) }
  }

  /// Hands on the maxima of the last rows, whose neighbourhood the end cuts short.
  func finish(maximum: (Maximum) -> Void) {
    while searched < received { search(maximum) }
  }

  /// After each pass `padded[i]` is the greatest of twice as many values from i on.
  private func maximaOverBins(
    _ row: UnsafePointer<Int16>, into target: UnsafeMutablePointer<Int16>
  ) {
    for i in 0..<width { padded[reach + i] = row[i] }
    let span = 2 * reach + 1
    var covered = 1
    while 2 * covered < span {
      for i in 0..<(width + 2 * reach - covered) { padded[i] = max(padded[i], padded[i + covered]) }
      covered *= 2
    }
    for i in 0..<width { target[i] = max(padded[i], padded[i + span - covered]) }
    for i in 0..<reach {
      padded[i] = .min
      padded[width + reach + i] = .min
    }
  }

  private func search(_ maximum: (Maximum) -> Void) {
    let neighbours = max(0, searched - frames)..<min(received, searched + frames + 1)
    let first = maxima[neighbours.lowerBound]
    for i in 0..<width { around[i] = first[i] }
    for r in neighbours.dropFirst() {
      let other = maxima[r]
      for i in 0..<width { around[i] = max(around[i], other[i]) }
    }
    let row = rows[searched]
    for i in 1..<(width - 1) where row[i] == around[i] && row[i] >= Self.threshold {
      if isFirstOfEquals(searched, i, neighbours) { maximum(interpolated(searched, i)) }
    }
    searched += 1
  }

  private func isFirstOfEquals(_ frame: Int, _ bin: Int, _ neighbours: Range<Int>) -> Bool {
    let value = rows[frame][bin]
    let bins = max(0, bin - reach)..<min(width, bin + reach + 1)
    for r in neighbours.lowerBound...frame {
      let row = rows[r]
      for i in bins where row[i] == value && (r < frame || i < bin) { return false }
    }
    return true
  }

  /// The vertex of the parabola through the maximum and its neighbours, along each axis.
  private func interpolated(_ frame: Int, _ bin: Int) -> Maximum {
    let row = rows[frame]
    let centre = row[bin]
    let before = frame > 0 ? rows[frame - 1][bin] : centre
    let after = frame + 1 < received ? rows[frame + 1][bin] : centre
    return Maximum(
      time: Int32(frame) * Peak.scale + Self.vertex(before, centre, after),
      frequency: (firstBin + Int32(bin)) * Peak.scale
        + Self.vertex(row[bin - 1], centre, row[bin + 1]),
      salience: Int32(centre))
  }

  /// In eighths, from −3 to 3, so that rounding gives the frame and the bin again.
  private static func vertex(_ before: Int16, _ centre: Int16, _ after: Int16) -> Int32 {
    let slope = Int32(after) - Int32(before)
    let curvature = 2 * Int32(centre) - Int32(before) - Int32(after)
    guard curvature > 0 else { return 0 }
    let eighths = (slope * Peak.scale + slope.signum() * curvature) / (2 * curvature)
    return min(Peak.scale / 2 - 1, max(1 - Peak.scale / 2, eighths))
  }
}
