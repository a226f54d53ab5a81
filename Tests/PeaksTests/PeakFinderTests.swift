import Core
import TestSupport
import Testing

@testable import Peaks

/// The maxima that the filters find, against a search of the whole neighbourhood of every point.
@Suite struct PeakFinderTests {
  private static func random(rows: Int, width: Int, levels: Int16, seed: UInt64) -> [[Int16]] {
    var random = SplitMix64(seed: seed)
    return (0..<rows).map { _ in
      (0..<width).map { _ in Int16.random(in: -levels...levels, using: &random) }
    }
  }

  /// (frame, bin) of each maximum by the definition, in O(points · neighbours).
  private static func oracle(_ rows: [[Int16]], _ parameters: FingerprintParameters) -> [[Int]] {
    let width = parameters.bins.count
    var found: [[Int]] = []
    for t in rows.indices {
      for f in 1..<(width - 1) where rows[t][f] >= PeakFinder.threshold {
        let isPeak = rows.indices.allSatisfy { u in
          (0..<width).allSatisfy { g in
            guard abs(u - t) <= parameters.peakFrames, abs(g - f) <= parameters.peakBins,
              (u, g) != (t, f)
            else { return true }
            return rows[u][g] < rows[t][f] || rows[u][g] == rows[t][f] && (u, g) > (t, f)
          }
        }
        if isPeak { found.append([t, f + parameters.bins.lowerBound]) }
      }
    }
    return found
  }

  private static func found(_ rows: [[Int16]], _ parameters: FingerprintParameters) -> [Maximum] {
    let finder = PeakFinder(parameters)
    var peaks: [Maximum] = []
    for row in rows {
      row.withUnsafeBufferPointer { finder.append($0.baseAddress!) { peaks.append($0) } }
    }
    finder.finish { peaks.append($0) }
    return peaks
  }

  /// Few levels make many ties; reaches both sides of a power of two use each pass of the filter.
  @Test(arguments: [1, 2, 3, 4, 7, 8, 9, 15], [2, 400, 20_000] as [Int16])
  func maximaAreThoseOfTheDefinition(reach: Int, spread: Int16) {
    var parameters = FingerprintParameters()
    parameters.bins = 8..<56
    parameters.peakBins = reach
    parameters.peakFrames = 1 + reach / 2
    for rows in [1, 3, 40] {
      let base = PeakFinder.threshold
      let table = Self.random(
        rows: rows, width: 48, levels: spread, seed: UInt64(reach * 100 + rows)
      ).map { $0.map { spread < 100 ? $0 + base : $0 } }
      let peaks = Self.found(table, parameters)
      #expect(
        peaks.map { [Int($0.frame), Int(($0.frequency + Peak.scale / 2) >> 3)] }
          == Self.oracle(table, parameters))
    }
  }

  @Test func aPlateauIsOnePeak() {
    var parameters = FingerprintParameters()
    parameters.bins = 8..<40
    let rows = [[Int16]](repeating: [Int16](repeating: 500, count: 32), count: 5)
    #expect(Self.found(rows, parameters).isEmpty)  // the first of equals lies on the band's edge
    var dome = [[Int16]](repeating: [Int16](repeating: 0, count: 32), count: 5)
    for t in 1...3 { for f in 10...12 { dome[t][f] = 900 } }
    let peaks = Self.found(dome, parameters)
    #expect(peaks.map { [Int($0.frame), Int(($0.frequency + Peak.scale / 2) >> 3)] } == [[1, 18]])
  }

  @Test func verticesAreInterpolated() {
    var parameters = FingerprintParameters()
    parameters.bins = 8..<40
    var rows = [[Int16]](repeating: [Int16](repeating: 0, count: 32), count: 5)
    // A parabola with its vertex a quarter of a bin above bin 20 and in the middle of frame 2.
    for t in 0..<5 {
      for f in 0..<32 {
        let (x, y) = (Double(f + 8) - 20.25, Double(t - 2))
        rows[t][f] = Int16(max(0, 4_000 - 1_000 * x * x - 500 * y * y))
      }
    }
    let peaks = Self.found(rows, parameters)
    #expect(peaks.map(\.frequency) == [20 * 8 + 2])
    #expect(peaks.map(\.time) == [2 * 8])
  }
}
