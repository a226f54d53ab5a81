import Core
import Peaks
import TestSupport
import Testing

@testable import Fingerprint

@Suite struct LandmarkTests {
  private let parameters = FingerprintParameters()

  @Test func keysAreDistinctAndInRange() {
    var seen: Set<UInt32> = []
    var count = 0
    for bin in stride(from: Int32(0), to: 344, by: 7) {
      for step in stride(from: Int32(-63), through: 63, by: 3) {
        for frames in Int32(2)...31 {
          let key = Landmark.key(bin: bin, step: step, frames: frames)
          #expect(key.map { $0 < UInt32(Landmark.keys) } == true)
          if let key { seen.insert(key) }
          count += 1
        }
      }
    }
    #expect(seen.count == count)
    #expect(Landmark.key(bin: -1, step: 0, frames: 2) == nil)
    #expect(Landmark.key(bin: 512, step: 0, frames: 2) == nil)
    #expect(Landmark.key(bin: 0, step: 64, frames: 2) == nil)
    #expect(Landmark.key(bin: 0, step: 0, frames: 32) == nil)
  }

  @Test func fanOutAndReachAreKept() {
    let peaks = ConstellationExtractor.constellation(
      of: Signals.music(seconds: 6, seed: 8), parameters, role: .recording
    ).grids[0]
    var perFrame: [Int32: Int] = [:]
    var total = 0
    Landmark.ofRecording(peaks, parameters) {
      perFrame[$0.frame, default: 0] += 1
      total += 1
    }
    #expect(total > peaks.count)
    #expect(total <= peaks.count * parameters.fanOut)
    for (frame, count) in perFrame {
      #expect(count <= parameters.fanOut * peaks.count { $0.frame == frame })
    }
  }

  /// A query that is the recording asks for every landmark of it.
  @Test func aQueryAsksForItsRecordingsLandmarks() {
    let samples = Signals.music(seconds: 6, seed: 9)
    let peaks = ConstellationExtractor.constellation(
      of: samples, parameters, role: .recording
    ).grids[0]
    let query = Query(samples, parameters)
    for probes in [false, true] {
      let landmarks = QueryLandmarks(
        query, grids: 1, limit: parameters.recordingPeaks, warp: .none, probes: probes, parameters)
      var asked: Set<UInt64> = []
      landmarks.forEach { asked.insert(UInt64($0) << 32 | UInt64(UInt32(bitPattern: $1))) }
      Landmark.ofRecording(peaks, parameters) {
        #expect(asked.contains(UInt64($0.key) << 32 | UInt64(UInt32(bitPattern: $0.frame))))
      }
    }
  }
}

@Suite struct RunTests {
  /// Against the definition: ranges of positive sum from which no longer or shorter neighbouring one
  /// would be better, found by splitting at the best range (Ruzzo & Tompa's own definition).
  private static func oracle(_ scores: [Double], in range: Range<Int>) -> [Range<Int>] {
    var best: (sum: Double, range: Range<Int>)?
    for i in range {
      var sum = 0.0
      for j in i..<range.upperBound {
        sum += scores[j]
        if sum > 0, sum > best?.sum ?? 0 { best = (sum, i..<j + 1) }
      }
    }
    guard let found = best?.range else { return [] }
    return oracle(scores, in: range.lowerBound..<found.lowerBound) + [found]
      + oracle(scores, in: found.upperBound..<range.upperBound)
  }

  @Test func runsAreThoseOfTheDefinition() {
    var random = SplitMix64(seed: 5)
    for length in 0..<16 {
      // Distinct irrational-looking scores, so that no two ranges tie.
      let scores = (0..<length).map { _ in Double.random(in: -1..<1, using: &random) }
      #expect(Verifier.maximalRuns(scores) == Self.oracle(scores, in: 0..<length))
    }
  }
}
