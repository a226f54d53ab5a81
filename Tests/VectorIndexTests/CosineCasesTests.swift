import CKernels
import Core
import TestSupport
import Testing

@testable import VectorIndex

/// The kernels that score rows, against their definitions: 10,240 pairs of query and row each, many of
/// them made to hurt.
@Suite struct CosineCasesTests {
  static let kernels = Kernels.available.map(\.name)
  private static let queryCount = 40
  private static let rowsPerQuery = 256

  /// A query and rows for it, with what is right of each.
  struct Case<Element: Sendable>: Sendable {
    var query: PreparedQuery
    var rows: [Element] = []
    var squares: [Double] = []
    var cosines: [Double] = []
  }

  private static func query(_ number: Int, _ random: inout SplitMix64) -> [Float] {
    var values = random.vector(128)
    switch number % 8 {
    case 0: values = values.indices.map { $0 == number ? 1e-20 : 0 }
    case 1: values = values.map { $0 * 1e-3 }.enumerated().map { $0 == 9 ? 1 : $1 }
    case 2: values = values.map { $0 * 0x1p-130 }
    case 3: values = values.map { $0 < 0 ? -3e38 : 3e38 }
    case 4: values = values.map { $0 < 0.9 ? 0 : $0 }
    default: break
    }
    return number == 39 ? values.map { _ in 0 } : values
  }

  /// Lengths that lie at, just inside and just outside what binary32 judges.
  private static let lengths: [Float] = [
    0x1p-50, 0x1p-50 * (1 + 0x1p-22), 0x1p-50 * (1 - 0x1p-22), 0x1.01p-50, 0x1.fep-51, 0x1p50,
    0x1p50 * (1 + 0x1p-22), 0x1p50 * (1 - 0x1p-22), 0x1.01p50, 0x1.fep49,
  ]

  private static func row(
    _ number: Int, _ query: [Float], _ random: inout SplitMix64
  ) -> [Float] {
    let length = lengths[number % lengths.count]
    var row = random.vector(128)
    switch number % 16 {
    case 0: row = row.map { _ in 0 }
    case 1: row = query
    case 2: row = query.map { $0 * -0x1p-3 }
    case 3: row = zip(query, row).map { $0 + $1 * abs($0) * 1e-3 }
    // Every other value is denormal.
    case 4: row = row.enumerated().map { $0 == number % 128 ? length : $1 * 0x1p-127 }
    case 5: row = row.map { $0 * 0x1p-127 }
    case 6: row = row.map { $0 * 3e38 }
    case 7: row[number % 128] = [.nan, .infinity, -.infinity][number / 16 % 3]
    case 8: row = row.enumerated().map { $0 % 64 == number % 64 ? $1 : 0 }
    case 9, 10, 11: row = scaled(row, to: length)
    case 12: row = scaled(row.map { $0 < 0 ? -1 : 1 }, to: length)
    default: break
    }
    return row
  }

  private static func scaled(_ row: [Float], to length: Float) -> [Float] {
    let square = row.reduce(0.0) { $0 + Double($1) * Double($1) }
    let scale = Double(length) / square.squareRoot()
    return row.map { Float(Double($0) * scale) }
  }

  private static let recordings: [Case<Float>] = {
    var random = SplitMix64(seed: 101)
    return (0..<queryCount).map { number in
      let values = query(number, &random)
      var one = Case<Float>(query: PreparedQuery(known(Embedding(values))))
      let exact = values.map { Double($0) }
      for number in 0..<rowsPerQuery {
        let row = row(number, values, &random)
        let wide = row.map { Double($0) }
        one.rows += row
        one.squares.append(wide.reduce(0) { $0 + $1 * $1 })
        one.cosines.append(BruteForce.cosine(exact, wide))
      }
      return one
    }
  }()

  @Test(arguments: kernels) func recordingsStayWithinTheirBound(_ name: String) throws {
    let kernels = try #require(Kernels(named: name))
    // The sums of squares are rounded as well.
    let inside = 0x1p-100 * (1 + 0x1p-16)...0x1p100 * (1 - 0x1p-16)
    let outside = 0x1p-100 * (1 - 0x1p-16)...0x1p100 * (1 + 0x1p-16)
    var judged = 0
    var marked = 0
    for (number, one) in Self.recordings.enumerated() {
      let scores = Self.scores(one.rows, rowLength: 128, count: number % 9 + 1) {
        kernels.scoreRecordings(one.query, $0, count: $1, into: $2)
      }
      for (row, score) in scores.enumerated() {
        if inside.contains(one.squares[row]) {
          #expect(score.isFinite, "query \(number), row \(row)")
        }
        if !outside.contains(one.squares[row]) {
          #expect(score == .infinity, "query \(number), row \(row)")
        }
        guard score != .infinity else {
          marked += 1
          continue
        }
        judged += 1
        #expect(
          abs(Double(score) - one.cosines[row]) <= Double(HARK_COSINE_F32_ERROR),
          "query \(number), row \(row)")
      }
    }
    #expect(judged + marked == Self.queryCount * Self.rowsPerQuery)
    #expect(judged > 4_000 && marked > 2_000)
  }

  private static let segments: [Case<Int8>] = {
    var random = SplitMix64(seed: 102)
    return (0..<queryCount).map { number in
      let values = query(number, &random)
      var one = Case<Int8>(query: PreparedQuery(known(Embedding(values))))
      let exact = values.map { Double($0) }
      for number in 0..<rowsPerQuery {
        let codes = codes(number, one.query, &random)
        // Behind its codes a row has a scale, which takes no part.
        one.rows += codes + (0..<4).map { _ in Int8(truncatingIfNeeded: random.next()) }
        let wide = codes.map { Double($0) }
        one.squares.append(wide.reduce(0) { $0 + $1 * $1 })
        one.cosines.append(BruteForce.cosine(exact, wide))
      }
      return one
    }
  }()

  private static func codes(
    _ number: Int, _ query: PreparedQuery, _ random: inout SplitMix64
  ) -> [Int8] {
    let row = (0..<128).map { _ in Int8(truncatingIfNeeded: random.next()) }
    switch number % 8 {
    case 0: return row.map { _ in 0 }
    case 1: return row.map { _ in -128 }
    case 2: return query.rounded.map { $0 < 0 ? -128 : 127 }
    case 3: return query.rounded.map { Int8(truncatingIfNeeded: $0 / 258) }
    case 4: return row.indices.map { $0 == number % 128 ? (number % 16 < 8 ? 1 : -128) : 0 }
    case 5: return row.map { $0 / 100 }
    default: return row
    }
  }

  /// Sums are integers, and what follows is rounded in one order: there is one right answer.
  @Test(arguments: kernels) func segmentsAreRightToTheBit(_ name: String) throws {
    let kernels = try #require(Kernels(named: name))
    var count = 0
    for (number, one) in Self.segments.enumerated() {
      let scores = Self.scores(one.rows, rowLength: 132, count: number % 9 + 1) {
        kernels.scoreSegments(one.query, $0, count: $1, into: $2)
      }
      for (row, score) in scores.enumerated() {
        var dot: Int32 = 0
        for (place, code) in one.query.rounded.enumerated() {
          dot += Int32(code) * Int32(one.rows[row * 132 + place])
        }
        let square = Float(one.squares[row])
        let right = square == 0 ? 0 : Float(dot) / square.squareRoot() * one.query.step
        #expect(score.bitPattern == right.bitPattern, "query \(number), row \(row)")
        #expect(
          abs(Double(score) - one.cosines[row]) <= Double(one.query.segmentError),
          "query \(number), row \(row)")
        count += 1
      }
    }
    #expect(count == Self.queryCount * Self.rowsPerQuery)
  }

  /// Scores of all rows, `count` in one call and then the rest in calls of one more each: kernels take
  /// some rows together and the last ones alone.
  private static func scores<Element>(
    _ rows: [Element], rowLength: Int, count: Int,
    _ body: (UnsafeRawPointer, Int, UnsafeMutablePointer<Float>) -> Void
  ) -> [Float] {
    let total = rows.count / rowLength
    var scores = [Float](repeating: .nan, count: total)
    rows.withUnsafeBytes { bytes in
      scores.withUnsafeMutableBufferPointer { scores in
        var (first, next) = (0, count)
        while first < total {
          let length = min(next, total - first)
          body(
            known(bytes.baseAddress) + first * rowLength * MemoryLayout<Element>.stride, length,
            known(scores.baseAddress) + first)
          first += length
          next += 1
        }
      }
    }
    return scores
  }
}
