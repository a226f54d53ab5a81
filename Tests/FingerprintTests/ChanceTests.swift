import Core
import TestSupport
import Testing

@testable import Fingerprint

/// What is expected of chance.
@Suite struct ChanceTests {
  private static let kinds = [Chance.plain, .voted, .warped]
  private static let large = 3_000_000

  private func bar(_ chance: Chance, seconds: Double, frames: Int) -> Double {
    stride(from: 0.0, to: 500, by: 0.01).first {
      chance.expected(evidence: $0, seconds: seconds, frames: frames) < 1e-4
    } ?? .infinity
  }

  /// More evidence, fewer expected; a larger library, more of them.
  @Test func evidenceAndSizeTell() {
    for chance in Self.kinds {
      for evidence in stride(from: 0.0, to: 60, by: 3) {
        for seconds in [1.0, 5, 20, 60] {
          let here = chance.expected(
            evidence: evidence, seconds: seconds, frames: Self.large)
          #expect(
            chance.expected(evidence: evidence + 1, seconds: seconds, frames: Self.large) < here)
          let twice = chance.expected(
            evidence: evidence, seconds: seconds, frames: 2 * Self.large)
          #expect(abs(twice / here - 2) < 1e-9)
        }
      }
    }
  }

  @Test func prominenceAddsUp() {
    let prominences = [1, 1.5, 3, 10, 40]
    let evidence = prominences.map(Chance.evidence)
    #expect(evidence == evidence.sorted() && Set(evidence).count == evidence.count)
    #expect(Chance.evidence(ofProminence: 0.3) == Chance.evidence(ofProminence: 1))
    #expect(Chance.evidence(ofProminence: 1) == 0)
  }

  /// Of 600 excerpts of unknown music that were asked for in libraries of one recording, 36 had what
  /// used to be enough there.
  @Test func aSmallLibraryGuessesAsLittle() {
    for chance in Self.kinds {
      for seconds in [1.0, 5, 20] {
        let one = bar(chance, seconds: seconds, frames: 10_000)
        #expect(one == bar(chance, seconds: seconds, frames: 100))
        #expect(one > 0.85 * bar(chance, seconds: seconds, frames: Self.large))
        #expect(one > 9)
      }
    }
  }

  /// Of 2,300 excerpts of unknown music, those of 10 and 20 seconds had as much evidence at most as those of 5.
  @Test func aLongerQueryNeedsMore() {
    for chance in Self.kinds {
      let bars = [1.0, 5, 10, 20, 60].map { bar(chance, seconds: $0, frames: Self.large) }
      #expect(bars[0] == bars[1])
      #expect(bars[2] > bars[1] && bars[2] < 1.2 * bars[1])
      #expect(bars[3] > bars[2] && bars[3] < 1.4 * bars[1])
      #expect(bars[4] > bars[3] && bars[4] < 1.7 * bars[1])
    }
  }
}
