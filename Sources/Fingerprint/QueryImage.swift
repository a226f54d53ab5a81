import Core

/// The query's peaks as a picture that says quickly whether there is a peak about a point.
///
/// A cell is half a frame by half a bin, and set where a peak lies within the tolerances.
struct QueryImage {
  /// Rows, of half a frame.
  let rows: Int
  private let words: Int
  private let lowest: Int32
  private let columns: Int32
  private var bits: [UInt64]
  private var fullnesses: [Double] = []

  /// How much of the usual row a row is taken to have beside what it has: a few cells say little.
  private static let usualRow = 0.25

  init(_ query: Query, _ parameters: FingerprintParameters) {
    rows = 2 * query.frames
    lowest = Int32(parameters.bins.lowerBound) * 2
    columns = Int32(parameters.bins.count) * 2
    words = (Int(columns) + 63) / 64
    bits = .init(repeating: 0, count: rows * words)
    let tall = Int32((parameters.toleranceFrames * Double(Peak.scale)).rounded())
    let wide = Int32((parameters.toleranceBins * Double(Peak.scale)).rounded())
    for peak in query.grids.joined() {
      // Cell c covers the eighths 4c ..< 4c + 4, and its middle counts.
      let rowRange = (peak.time - tall + 1) >> 2...(peak.time + tall - 2) >> 2
      let columnRange = (peak.frequency - wide + 1) >> 2...(peak.frequency + wide - 2) >> 2
      for row in rowRange where row >= 0 && row < Int32(rows) {
        for column in columnRange where column >= lowest && column < lowest + columns {
          let place = Int(column - lowest)
          bits[Int(row) * words + place >> 6] |= 1 << UInt64(place & 63)
        }
      }
    }
    fullnesses = Self.fullnesses(bits, words: words)
  }

  /// How full a row is, as a multiple of the usual one; 0.2 where nothing is in it.
  @inline(__always)
  func fullness(of row: Int32) -> Double { fullnesses[Int(row)] }

  private static func fullnesses(_ bits: [UInt64], words: Int) -> [Double] {
    let cells = stride(from: 0, to: bits.count, by: words).map { row in
      bits[row..<row + words].reduce(0) { $0 + Double($1.nonzeroBitCount) }
    }
    let usual = cells.reduce(0, +) / Double(max(1, cells.count))
    guard usual > 0 else { return cells.map { _ in 1 } }
    return cells.map { ($0 + usualRow * usual) / ((1 + usualRow) * usual) }
  }

  /// The column of a frequency in eighths of a bin, or nil outside the picture.
  @inline(__always)
  func column(_ frequency: Double) -> Int32? {
    let column = Int32(frequency) >> 2 - lowest
    return column >= 0 && column < columns ? column : nil
  }

  /// How many of the points are set, when every row is moved on by `shift`, around the end.
  func count(_ points: [Point], shift: Int) -> Int {
    var count = 0
    bits.withUnsafeBufferPointer { bits in
      points.withUnsafeBufferPointer { points in
        for point in points {
          var row = Int(point.row) + shift
          if row >= rows { row -= rows }
          count += isSet(bits, row, point.column)
        }
      }
    }
    return count
  }

  /// 1 for each point that is set, when every row is moved on by `shift`, around the end.
  func hits(_ points: [Point], shift: Int) -> [UInt8] {
    bits.withUnsafeBufferPointer { bits in
      points.map { point in
        var row = Int(point.row) + shift
        if row >= rows { row -= rows }
        return UInt8(isSet(bits, row, point.column))
      }
    }
  }

  func isSet(_ point: Point) -> Bool {
    bits.withUnsafeBufferPointer { isSet($0, Int(point.row), point.column) } != 0
  }

  @inline(__always)
  private func isSet(_ bits: UnsafeBufferPointer<UInt64>, _ row: Int, _ column: Int32) -> Int {
    Int(truncatingIfNeeded: bits[row * words + Int(column) >> 6] >> UInt64(column & 63) & 1)
  }

  /// Where a recording's peak ought to be in the picture.
  struct Point {
    var row: Int32
    var column: Int32
    /// Which of the recording's peaks it is.
    var peak: Int32
  }
}
