import CKernels
import Core
import Foundation
import TestSupport
import Testing

@testable import VectorIndex

/// Each kernel that this CPU has against definitions in double precision.
@Suite struct KernelTests {
  static let kernels = Kernels.available.map(\.name)

  @Test func theScalarKernelIsAlwaysThereAndUnknownNamesAreNot() {
    #expect(Self.kernels.first == "scalar")
    #expect(Kernels(named: "sse9") == nil)
    #expect(Self.kernels.contains(Kernels.best.name))
  }

  @Test(arguments: kernels) func recordingScoresStayWithinTheirBound(_ name: String) throws {
    let kernels = try #require(Kernels(named: name))
    var random = SplitMix64(seed: 1)
    for count in [1, 2, 3, 4, 5, 7, 8, 33] {
      var rows: [Float] = []
      for row in 0..<count {
        let magnitude = Float([1, 1e-10, 1e10, 3][row % 4])
        rows += random.unitVector().map { $0 * magnitude }
      }
      let query = Embedding(random.vector(128))!
      let scores = score(rows, count) {
        kernels.scoreRecordings(PreparedQuery(query), $0, count: count, into: $1)
      }
      for row in 0..<count {
        let exact = BruteForce.cosine(
          query.values.map(Double.init), rows[row * 128..<(row + 1) * 128].map(Double.init))
        #expect(abs(Double(scores[row]) - exact) < 1e-6)
        #expect(abs(Double(scores[row]) - exact) <= Double(HARK_COSINE_F32_ERROR))
      }
    }
  }

  @Test(arguments: kernels) func rowsThatFloatsCannotJudgeAreMarked(_ name: String) throws {
    let kernels = try #require(Kernels(named: name))
    var rows: [Float] = []
    for value: Float in [0, 1e-25, 1e30, .nan, .infinity, 1] {
      rows += [Float](repeating: value, count: 128)
    }
    let query = Embedding([Float](repeating: 0.25, count: 128))!
    let scores = score(rows, 6) {
      kernels.scoreRecordings(PreparedQuery(query), $0, count: 6, into: $1)
    }
    #expect(scores[..<5].allSatisfy { $0 == .infinity })
    #expect(abs(scores[5] - 1) < 1e-6)
    let exact = (0..<6).map { row in
      rows[(row * 128)...].withUnsafeBytes {
        PreparedQuery(query).score(recording: $0.baseAddress!)
      }
    }
    #expect(exact == [0, 1, 1, 0, 0, 1])
  }

  /// Sums are integers: every kernel returns the oracle's bits.
  @Test(arguments: kernels) func segmentScoresAreTheOraclesBits(_ name: String) throws {
    let kernels = try #require(Kernels(named: name))
    let oracle = try #require(Kernels(named: "scalar"))
    var random = SplitMix64(seed: 2)
    for count in [1, 2, 3, 4, 5, 7, 8, 33] {
      var rows = [Int8](repeating: 0, count: count * 132)
      for index in rows.indices { rows[index] = Int8(truncatingIfNeeded: random.next()) }
      if count > 4 {
        for index in 132 * 2..<132 * 3 { rows[index] = 0 }
        for index in 132 * 3..<132 * 4 { rows[index] = -128 }
      }
      var values = random.vector(128)
      if count == 7 { values = [Float](repeating: -3, count: 128) }
      let query = PreparedQuery(Embedding(values)!)
      let scores = score(rows, count) { kernels.scoreSegments(query, $0, count: count, into: $1) }
      let expected = score(rows, count) { oracle.scoreSegments(query, $0, count: count, into: $1) }
      #expect(scores.map(\.bitPattern) == expected.map(\.bitPattern))
      for row in 0..<count {
        let codes = rows[row * 132..<row * 132 + 128].map { Double($0) }
        let exact = BruteForce.cosine(values.map(Double.init), codes)
        #expect(abs(Double(scores[row]) - exact) <= Double(query.segmentError))
      }
      #expect(query.segmentError < 2e-4)
    }
  }

  @Test(arguments: kernels) func checksumsAreCastagnolis(_ name: String) throws {
    let kernels = try #require(Kernels(named: name))
    // RFC 3720, B.4.
    #expect(kernels.crc32c([UInt8](repeating: 0, count: 32)[...]) == 0x8a91_36aa)
    #expect(kernels.crc32c([UInt8](repeating: 0xff, count: 32)[...]) == 0x62a8_ab43)
    #expect(kernels.crc32c(Array(UInt8(0)..<32)[...]) == 0x46dd_794e)
    #expect(kernels.crc32c(Array("123456789".utf8)[...]) == 0xe306_9283)
    #expect(kernels.crc32c([]) == 0)
    var random = SplitMix64(seed: 3)
    let bytes = (0..<777).map { _ in UInt8(truncatingIfNeeded: random.next()) }
    let whole = kernels.crc32c(bytes[...])
    for cut in [0, 1, 7, 8, 9, 500, 777] {
      let first = kernels.crc32c(bytes[..<cut])
      #expect(bytes[cut...].withUnsafeBytes { kernels.crc32c($0, from: first) } == whole)
    }
  }

  /// Queries that are hard to round to 16 bits.
  @Test func preparedQueriesKeepTheirBound() {
    var random = SplitMix64(seed: 4)
    var spike = [Float](repeating: 0, count: 128)
    spike[5] = 1e-20
    var nearly = random.vector(128).map { $0 * 1e-3 }
    nearly[0] = 1
    for values in [spike, nearly, random.vector(128), [Float](repeating: 1e19, count: 128)] {
      let query = PreparedQuery(Embedding(values)!)
      let length = values.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      let residual = zip(values, query.rounded).reduce(0.0) {
        let error = Double($1.0) / length - Double($1.1) * Double(query.step)
        return $0 + error * error
      }
      #expect(residual.squareRoot() < Double(query.segmentError))
      #expect(query.unit.reduce(0.0) { $0 + Double($1) * Double($1) } - 1 < 1e-5)
    }
  }

  private func score<Element>(
    _ rows: [Element], _ count: Int,
    _ body: (UnsafeRawPointer, UnsafeMutablePointer<Float>) -> Void
  ) -> [Float] {
    var scores = [Float](repeating: .nan, count: count)
    rows.withUnsafeBytes { rows in
      scores.withUnsafeMutableBufferPointer {
        body(known(rows.baseAddress), known($0.baseAddress))
      }
    }
    return scores
  }
}
