/// A recording's segments as they are stored: for each patch, 128 signed 8-bit codes and a scale.
///
/// The codes are what a segment *is*: `value ≈ code · scale`, with `scale = max|value| / 127`, codes
/// rounded half to even, in [-127, 127]. A segment that is all zero has scale 0. Segment `i` starts
/// `i · hop` seconds into the recording.
public struct SegmentCodes: Hashable, Sendable {
  /// Seconds from one segment's start to the next's: 96 frames of 10 ms.
  public static let hop = 0.96

  /// Seconds that one segment covers.
  public static let length = 0.96

  /// `count · 128` codes, segment by segment.
  public private(set) var codes: [Int8]

  /// One scale a segment, ≥ 0.
  public private(set) var scales: [Float]

  /// Number of segments.
  public var count: Int { scales.count }

  /// No segments.
  public init() {
    codes = []
    scales = []
  }

  /// Codes and scales as stored. `nil` if their counts do not fit or a scale is negative or not
  /// finite.
  public init?(codes: [Int8], scales: [Float]) {
    guard codes.count == scales.count * Embedding.dimension,
      scales.allSatisfy({ $0.isFinite && $0 >= 0 })
    else { return nil }
    self.codes = codes
    self.scales = scales
  }

  /// Quantises one segment and appends it. `values` holds exactly 128 finite floats.
  /// Complexity: O(128).
  public mutating func append(quantising values: UnsafeBufferPointer<Float>) {
    precondition(values.count == Embedding.dimension)
    var peak: Float = 0
    for value in values { peak = max(peak, abs(value)) }
    let scale = peak / 127
    scales.append(scale)
    // A peak below 127 · the least subnormal gives scale 0, as an all-zero segment does.
    guard scale > 0 else {
      codes.append(contentsOf: repeatElement(0, count: Embedding.dimension))
      return
    }
    for value in values {
      let code = (value / scale).rounded(.toNearestOrEven)
      codes.append(Int8(max(-127, min(127, code))))
    }
  }

  /// The 128 values of segment `index`: `code · scale`.
  public func dequantised(_ index: Int) -> [Float] {
    let start = index * Embedding.dimension
    return codes[start..<start + Embedding.dimension].map { Float($0) * scales[index] }
  }

  /// Seconds into the recording at which segment `index` starts.
  public static func start(of index: Int) -> Double { Double(index) * hop }

  /// The segments whose middle lies in `range`, or else the one that the middle of `range` lies in, or
  /// the last one if that lies after them all: a recording may go on for less than a segment after its
  /// last one, and where it ends only its length tells. Empty only if there are no segments.
  public static func indices(centredIn range: TimeRange, count: Int) -> Range<Int> {
    guard count > 0 else { return 0..<0 }
    let from = ((range.from - length / 2) / hop).rounded(.up)
    let first = Int(max(0, min(Double(count), from)))
    let last = min(Double(count), ((range.to - length / 2) / hop).rounded(.down) + 1)
    if Double(first) < last { return first..<Int(last) }
    // Shorter than half a segment, or at the very end: the segment that its middle lies in.
    let middle = Int(min(Double(count), (range.from + range.to) / 2 / hop))
    let nearest = max(0, min(count - 1, middle))
    return nearest..<nearest + 1
  }
}

extension SegmentCodes {
  /// What a stretch is as a query: the mean of the dequantised segments whose middle lies in `range`
  /// (``indices(centredIn:count:)``), not scaled one by one, then scaled to length 1. `nil` if
  /// there are no segments. Whether the recording goes on until `range` begins is for others to know.
  public func mean(in range: TimeRange) -> Embedding? {
    let indices = Self.indices(centredIn: range, count: count)
    guard !indices.isEmpty else { return nil }
    var sums = [Double](repeating: 0, count: Embedding.dimension)
    for index in indices {
      for (place, value) in dequantised(index).enumerated() { sums[place] += Double(value) }
    }
    return Embedding(normalising: sums.map { Float($0 / Double(indices.count)) })
  }
}
