import CKernels
import Core
import Foundation
import TestSupport
import Testing

@testable import VectorIndex

/// Both planes of sketches against definitions in double precision: what a bound proves to be in stays in.
@Suite struct SieveTests {
  /// A block of rows with a query for each of them, and what a naive reader makes of it.
  struct Case: Sendable {
    let rows: [[Float]]
    let block: SketchBlock
    let queries: [QuerySieve]
    /// The exact cosine of query i and row i.
    let cosines: [Double]
    /// `dots[i][row]`: the sum of products of query i's codes and the row's first plane.
    let dots: [[Int32]]

    init(_ random: inout SplitMix64, number: Int, of sketched: Sketched) {
      var rows = (0..<16).map { _ in SketchTests.row(&random) }
      switch number % 5 {
      case 0: rows[3] = rows[2]
      case 1: rows[5] = rows[4].map { $0 * (1 + 1e-6) }
      case 2: rows[7][9] = [.nan, .infinity, -.infinity][number / 5 % 3]
      case 3: rows[8] = rows[8].indices.map { $0 == number % 128 ? -1 : 0 }
      default: rows[11] = rows[11].map { $0 < 0 ? -0.25 : 0.25 }
      }
      let block: SketchBlock
      switch sketched {
      case .recordings:
        block = rows.flatMap { $0 }.withUnsafeBufferPointer {
          SketchBlock(ofRecordings: known($0.baseAddress))
        }
      case .segments:
        let codes = rows.map { Self.codes($0, isDamaged: number % 11 == 0) }
        rows = codes.map { $0.map(Float.init) }
        // A scale takes no part, whatever it is.
        block = codes.flatMap { $0 + [1, -1, 127, 0] }.withUnsafeBufferPointer {
          SketchBlock(ofSegments: known($0.baseAddress))
        }
      }
      var queries: [QuerySieve] = []
      var cosines: [Double] = []
      for (index, row) in rows.enumerated() {
        let exact = row.map(Double.init)
        var values: [Double]
        switch (index + number) % 3 {
        case 0: values = random.vector(128).map(Double.init)
        case 1: values = exact
        default:
          // The worst query points along what the first plane leaves out.
          values = zip(Self.unit(exact), block.firstPlane(index)).map { $0 - $1 }
        }
        if !values.allSatisfy(\.isFinite) { values = [Double](repeating: 1, count: 128) }
        let query = Embedding(values.map(Float.init)) ?? known(Embedding(values.map { _ in 0 }))
        queries.append(PreparedQuery(query).sieve)
        let isSound = row.allSatisfy(\.isFinite)
        cosines.append(
          isSound ? BruteForce.cosine(query.values.map(Double.init), exact) : 0)
      }
      self.rows = rows
      self.block = block
      self.queries = queries
      self.cosines = cosines
      dots = queries.map { query in
        let codes = query.kernelCodes
        return (0..<16).map { block.dot(codes, $0) }
      }
    }

    /// A row's codes; damaged ones may be -128.
    private static func codes(_ row: [Float], isDamaged: Bool) -> [Int8] {
      guard row.allSatisfy(\.isFinite) else { return row.indices.map { Int8($0 % 2) } }
      var codes = SegmentCodes()
      row.withUnsafeBufferPointer { codes.append(quantising: $0) }
      return isDamaged ? codes.codes.map { $0 < 0 ? -128 : $0 } : codes.codes
    }

    static func unit(_ values: [Double]) -> [Double] {
      let length = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
      return length > 0 && length.isFinite ? values.map { $0 / length } : values
    }
  }

  /// 10,000 pairs of row and query.
  private static let recordingCases = made(of: .recordings, seed: 51)
  private static let segmentCases = made(of: .segments, seed: 53)

  private static func made(of sketched: Sketched, seed: UInt64) -> [Case] {
    var random = SplitMix64(seed: seed)
    return (0..<625).map { Case(&random, number: $0, of: sketched) }
  }

  private static func cases(_ sketched: Sketched) -> [Case] {
    sketched == .recordings ? recordingCases : segmentCases
  }

  @Test(arguments: Sketched.allCases) func planesAreWithinTheirDistances(_ sketched: Sketched) {
    for (number, one) in Self.cases(sketched).enumerated() {
      for (index, row) in one.rows.enumerated() {
        let (step, distance) = one.block.bounds(index)
        let exact = row.map(Double.init)
        guard row.allSatisfy(\.isFinite), row.contains(where: { $0 != 0 }) else {
          // The sketch of zero says that its cosine is 0.
          let isZero = row.allSatisfy { $0 == 0 }
          #expect(
            distance == (isZero ? 0 : SketchBlock.noSketch) && step == 0,
            "case \(number), row \(index)")
          continue
        }
        let unit = Case.unit(exact)
        let most = Double(distance) * SketchBlock.distanceUnit
        var away = 0.0
        for (value, middle) in zip(unit, one.block.firstPlane(index)) {
          away += (value - middle) * (value - middle)
        }
        #expect(away.squareRoot() <= most, "case \(number)")
        #expect(most < 0.7072, "case \(number)")
        guard !one.block.secondPlanes.isEmpty else { continue }
        let cell = Double(step) * SketchBlock.stepUnit / 16
        for (value, code) in zip(unit, one.block.bothPlanes(index)) {
          let apart = abs(value - (Double(code) - 127.5) * cell)
          if apart > cell / 2 + 1e-12 { Issue.record("case \(number): \(apart) of \(cell)") }
        }
      }
    }
  }

  /// A threshold at the exact cosine is the closest that a row may come to being left out.
  @Test(arguments: SearchTests.kernels, Sketched.allCases)
  func noRowAtItsThresholdIsLost(_ name: String, _ sketched: Sketched) throws {
    let kernels = try #require(Kernels(named: name))
    for (number, one) in Self.cases(sketched).enumerated() {
      let sieves = zip(one.queries, one.cosines).map {
        $0.kernel(from: Float($1) > Float(1) ? 1 : Float($1))
      }
      let found = sift(kernels, sieves, [one.block])
      var kept = Set<Int>()
      for survivor in found {
        let (query, row) = (Int(survivor.query), Int(survivor.row))
        #expect(survivor.dot == one.dots[query][row], "case \(number)")
        if query == row { kept.insert(row) }
      }
      #expect(kept.count == 16, "case \(number)")
      guard !one.block.secondPlanes.isEmpty else { continue }
      for row in 0..<16 {
        let (step, distance) = one.block.bounds(row)
        guard distance != SketchBlock.noSketch else { continue }
        let second = one.block.secondPlanes[(row * 64)...].withUnsafeBytes {
          kernels.dot(sieves, row, secondPlane: known($0.baseAddress))
        }
        #expect(second == one.block.secondDot(one.queries[row].kernelCodes, row))
        let bounds = one.queries[row].bounds(
          first: one.dots[row][row], second: second, step: step)
        #expect(
          bounds.least < one.cosines[row] && one.cosines[row] < bounds.most,
          "case \(number), row \(row)")
        // Both planes together are worth their bytes.
        #expect(bounds.most - bounds.least < 0.19, "case \(number), row \(row)")
      }
    }
  }

  /// Any number of queries and blocks, thresholds in the midst of the scores: the oracle's survivors.
  @Test(arguments: SearchTests.kernels) func survivorsAreTheOracles(_ name: String) throws {
    let kernels = try #require(Kernels(named: name))
    let oracle = try #require(Kernels(named: "scalar"))
    var random = SplitMix64(seed: 52)
    let queries = Self.recordingCases.prefix(3).flatMap(\.queries)
    var survivors = 0
    for count in 1...48 {
      let sieves = queries.prefix(count).map { $0.kernel(from: Float(random.unit() * 0.8 - 0.1)) }
      let first = Int(random.next() % 600)
      let blocks = Self.recordingCases[first..<first + 1 + count % 7].map(\.block)
      let found = Set(sift(kernels, sieves, blocks).map(Survivor.init))
      let expected = Set(sift(oracle, sieves, blocks).map(Survivor.init))
      #expect(found == expected, "\(count) queries")
      survivors += found.count
    }
    // Neither all nor none.
    #expect((5_000...60_000).contains(survivors))
  }

  private struct Survivor: Hashable {
    let query: UInt32
    let row: UInt32
    let dot: Int32

    init(_ survivor: hark_survivor) {
      query = survivor.query
      row = survivor.row
      dot = survivor.dot
    }
  }

  private func sift(
    _ kernels: Kernels, _ sieves: [hark_sieve], _ blocks: [SketchBlock]
  ) -> [hark_survivor] {
    let bytes = blocks.flatMap(\.firstPlanes)
    let room = sieves.count * blocks.count * 16
    return bytes.withUnsafeBytes { bytes in
      [hark_survivor](unsafeUninitializedCapacity: room) { found, count in
        count = kernels.sift(sieves, known(bytes.baseAddress), blocks: blocks.count, into: found)
      }
    }
  }
}

extension QuerySieve {
  var kernelCodes: [Int32] {
    withUnsafeBytes(of: kernel.codes) { $0.map { Int32(Int8(bitPattern: $0)) } }
  }
}

/// A naive reader of the layout that `CKernels.h` and ``SketchBlock`` describe.
extension SketchBlock {
  func bounds(_ row: Int) -> (step: UInt16, distance: UInt16) {
    func short(_ place: Int) -> UInt16 {
      UInt16(firstPlanes[place]) | UInt16(firstPlanes[place + 1]) << 8
    }
    return (short(1024 + row * 2), short(1056 + row * 2))
  }

  func firstCode(_ row: Int, _ dimension: Int) -> Int {
    let byte = Int(firstPlanes[dimension / 8 * 64 + row * 4 + dimension % 4])
    return dimension % 8 < 4 ? byte & 15 : byte >> 4
  }

  func secondCode(_ row: Int, _ dimension: Int) -> Int {
    let byte = Int(secondPlanes[row * 64 + dimension % 64])
    return dimension < 64 ? byte & 15 : byte >> 4
  }

  func firstPlane(_ row: Int) -> [Double] {
    let step = Double(bounds(row).step) * Self.stepUnit
    return (0..<128).map { (Double(firstCode(row, $0)) - 7.5) * step }
  }

  func bothPlanes(_ row: Int) -> [Int] {
    (0..<128).map { firstCode(row, $0) * 16 + secondCode(row, $0) }
  }

  func dot(_ codes: [Int32], _ row: Int) -> Int32 {
    var sum: Int32 = 0
    for dimension in 0..<128 { sum += codes[dimension] * Int32(firstCode(row, dimension)) }
    return sum
  }

  func secondDot(_ codes: [Int32], _ row: Int) -> Int32 {
    var sum: Int32 = 0
    for dimension in 0..<128 { sum += codes[dimension] * Int32(secondCode(row, dimension)) }
    return sum
  }
}
