import Core
import TestSupport
import Testing

@Suite struct ValueTests {
  @Test func hashesReadAndWriteHexadecimal() throws {
    let bytes = (0..<32).map { UInt8($0 * 7 & 255) }
    let hash = try #require(ContentHash(bytes: bytes))
    #expect(hash.bytes == bytes)
    #expect(ContentHash(hex: hash.description) == hash)
    #expect(ContentHash(hex: hash.description.uppercased()) == hash)
    #expect(ContentHash(hex: hash.description.dropLast()) == nil)
    #expect(ContentHash(hex: String(repeating: "g", count: 64)) == nil)
    #expect(ContentHash(bytes: bytes.dropLast()) == nil)
    let next = try #require(ContentHash(bytes: [UInt8](repeating: 255, count: 32)))
    #expect(hash < next)
  }

  @Test func segmentsComeBackWithinHalfAStep() {
    var random = SplitMix64(seed: 3)
    var codes = SegmentCodes()
    let rows = (0..<50).map { _ in random.vector(Embedding.dimension) }
    for row in rows { row.withUnsafeBufferPointer { codes.append(quantising: $0) } }
    for (index, row) in rows.enumerated() {
      for (value, code) in zip(row, codes.dequantised(index)) {
        #expect(abs(value - code) <= codes.scales[index] * 0.5001)
      }
    }
    #expect(SegmentCodes(codes: codes.codes, scales: codes.scales) == codes)
    #expect(SegmentCodes(codes: [1], scales: [1]) == nil)
    #expect(SegmentCodes(codes: [Int8](repeating: 0, count: 128), scales: [.nan]) == nil)
  }

  @Test func aSilentSegmentIsZero() {
    var codes = SegmentCodes()
    [Float](repeating: 0, count: 128).withUnsafeBufferPointer { codes.append(quantising: $0) }
    #expect(codes.scales == [0])
    #expect(codes.codes.allSatisfy { $0 == 0 })
  }

  @Test(arguments: [
    (0.0, 0.96, 0..<1), (0.0, 1.92, 0..<2), (0.96, 2.88, 1..<3), (0.5, 0.6, 0..<1),
    (0.9, 1.0, 0..<1), (0.4, 1.5, 0..<2), (9.0, 20.0, 9..<10), (9.5, 20.0, 9..<10),
    (9.7, 20.0, 9..<10), (0.0, 1e300, 0..<10), (8.64, 8.65, 9..<10),
    (1e300, 1.7e308, 9..<10),
  ])
  func aStretchTakesTheSegmentsItCoversByHalf(from: Double, to: Double, expected: Range<Int>)
    throws
  {
    let range = try TimeRange(from: from, to: to)
    #expect(SegmentCodes.indices(centredIn: range, count: 10) == expected)
    #expect(SegmentCodes.indices(centredIn: range, count: 0).isEmpty)
  }

  @Test func stretchesMustBeStretches() {
    for (from, to) in [(1.0, 1.0), (2, 1), (-1, 1), (0, .infinity), (.nan, 1)] {
      #expect(throws: HarkError.self) { try TimeRange(from: from, to: to) }
    }
  }

  @Test func embeddingsAreFiniteAndOfTheRightSize() {
    #expect(Embedding([1]) == nil)
    #expect(Embedding([Float](repeating: .nan, count: 128)) == nil)
    let one = Embedding(normalising: [Float](repeating: 2, count: 128))
    let length = one?.values.reduce(0) { $0 + $1 * $1 } ?? 0
    #expect(abs(length - 1) < 1e-5)
    #expect(Embedding(normalising: [Float](repeating: 0, count: 128))?.values.first == 0)
  }
}
