import Core
import TestSupport
import Testing

@testable import Fingerprint

/// Recordings of which little is shared.
@Suite struct LongSynchroniserTests {
  private func synchronise(
    _ first: Constellation, _ second: Constellation
  ) throws -> Synchronisation {
    let answer = Synchroniser(FingerprintParameters()).synchronise(first, second)
    guard case .synchronised(let found) = answer else {
      throw NothingFound(answer: answer)
    }
    return found
  }

  private struct NothingFound: Error {
    var answer: Synchronisation.Result
  }

  /// Three quarters of a minute of an hour: whichever comes first, the answer is the same one.
  @Test func aShortOneIsFoundInALongOneInEitherOrder() throws {
    let event = PeakEvent(seconds: 3_600, density: 6, seed: 1)
    let long = Constellation(seconds: 3_600, event.heard(from: 0, seconds: 3_600, seed: 2))
    let short = Constellation(
      seconds: 45, event.heard(from: 400, seconds: 45, drift: 100, seed: 3))
    let there = try synchronise(short, long)
    let back = try synchronise(long, short)
    #expect(abs(there.offset - 400) < 0.005 && abs(there.speed - 1) < 2e-4, "\(there)")
    #expect(abs(there.first.from) < 2 && abs(there.first.to - 45) < 2, "\(there)")
    #expect(abs(back.offset + there.offset / there.speed) < 1e-9, "\(back)")
    #expect(abs(back.speed * there.speed - 1) < 1e-12)
    #expect(abs(back.pitch * there.pitch - 1) < 1e-12)
    #expect(back.firstIntervals == there.secondIntervals && back.pairs == there.pairs)
    #expect(back.secondIntervals == there.firstIntervals)
    #expect(abs(back.residual * there.speed - there.residual) < 1e-12)
    #expect(abs(back.speedError * there.speed * there.speed - there.speedError) < 1e-12)
    #expect(back.expectedFalseMatches == there.expectedFalseMatches)
    // The line at the long one's time 0, 400 s before the short one begins.
    #expect(back.offsetError > 5 * there.offsetError, "\(back)")
  }

  /// One recorder begins a minute before the other ends.
  @Test func aMinuteOfTwoHoursIsFoundInEitherOrder() throws {
    let event = PeakEvent(seconds: 14_340, density: 5, seed: 4)
    let early = Constellation(seconds: 7_200, event.heard(from: 0, seconds: 7_200, seed: 5))
    let late = Constellation(seconds: 7_200, event.heard(from: 7_140, seconds: 7_200, seed: 6))
    let there = try synchronise(early, late)
    // In the middle of what is shared: further away, a minute tells little of the speed.
    #expect(abs(there.offset + there.speed * 7_170 - 30) < 0.005, "\(there)")
    #expect(abs(there.first.from - 7_140) < 3 && abs(there.second.to - 60) < 3, "\(there)")
    let back = try synchronise(late, early)
    #expect(abs(back.offset + back.speed * 30 - 7_170) < 0.005, "\(back)")
    #expect(abs(back.first.to - 60) < 3 && abs(back.second.from - 7_140) < 3, "\(back)")
  }

  /// The minute lies where none of the windows does that are searched for first.
  @Test(arguments: [false, true]) func aMinuteBetweenWindowsIsFound(isExchanged: Bool) throws {
    let shared = PeakEvent(seconds: 60, density: 4, seed: 7)
    let (one, other) = (
      PeakEvent(seconds: 2_000, density: 4, seed: 8), PeakEvent(seconds: 2_100, density: 4, seed: 9)
    )
    let first = Constellation(
      seconds: 2_000, one.heard(from: 0, seconds: 884, seed: 10),
      shared.heard(from: 0, seconds: 60, at: 884, seed: 11),
      one.heard(from: 944, seconds: 1_056, at: 944, seed: 12))
    let second = Constellation(
      seconds: 2_100, other.heard(from: 0, seconds: 1_500, seed: 13),
      shared.heard(from: 0, seconds: 60, at: 1_500, seed: 14),
      other.heard(from: 1_560, seconds: 540, at: 1_560, seed: 15))
    let found = try isExchanged ? synchronise(second, first) : synchronise(first, second)
    let (begin, end) = isExchanged ? (1_500.0, 1_560.0) : (884.0, 944.0)
    let difference = isExchanged ? -616.0 : 616
    #expect(
      abs(found.offset + found.speed * (begin + 30) - (begin + 30 + difference)) < 0.005,
      "\(found)")
    #expect(found.first.from > begin - 4 && found.first.from < begin + 14, "\(found)")
    #expect(abs(found.first.to - end) < 4, "\(found)")
  }

  /// Two and a half minutes are the same; in the ten minutes behind them, peaks lie on the line by
  /// chance alone.
  @Test func whatIsNotSharedTakesNoPart() throws {
    let shared = PeakEvent(seconds: 150, density: 15, seed: 16)
    let (one, other) = (
      PeakEvent(seconds: 600, density: 15, seed: 17), PeakEvent(seconds: 600, density: 15, seed: 18)
    )
    let first = Constellation(
      seconds: 750, shared.heard(from: 0, seconds: 150, seed: 19),
      one.heard(from: 0, seconds: 600, at: 150, seed: 20))
    let second = Constellation(
      seconds: 750, shared.heard(from: 0, seconds: 150, drift: 50, seed: 21),
      other.heard(from: 0, seconds: 600, at: 150.0075, seed: 22))
    for found in [try synchronise(first, second), try synchronise(second, first).reversed] {
      #expect(found.first.from < 3 && abs(found.first.to - 150) < 5, "\(found.first)")
      #expect(found.second.from < 3 && abs(found.second.to - 150) < 5, "\(found.second)")
      #expect(abs(found.drift - 50) < 8, "\(found.drift) ± \(found.speedError * 1e6)")
      #expect(found.speedError < 5e-6 && abs(found.offset) < 0.002, "\(found)")
    }
  }

  /// Two stretches of one line, and different sound between them.
  @Test func aGapIsNotHeardTogether() throws {
    let shared = PeakEvent(seconds: 360, density: 10, seed: 23)
    let (one, other) = (
      PeakEvent(seconds: 150, density: 10, seed: 24), PeakEvent(seconds: 150, density: 10, seed: 25)
    )
    func recording(_ between: PeakEvent, seed: UInt64) -> Constellation {
      Constellation(
        seconds: 360, shared.heard(from: 0, seconds: 120, seed: seed),
        between.heard(from: 0, seconds: 150, at: 120, seed: seed + 1),
        shared.heard(from: 270, seconds: 90, at: 270, seed: seed + 2))
    }
    let found = try synchronise(recording(one, seed: 26), recording(other, seed: 30))
    #expect(found.firstIntervals.count == 2 && found.secondIntervals.count == 2, "\(found)")
    #expect(abs((found.firstIntervals.first?.to ?? 0) - 120) < 5, "\(found)")
    #expect(abs((found.firstIntervals.last?.from ?? 0) - 270) < 5, "\(found)")
    #expect(found.first.from < 3 && found.first.to > 357, "\(found)")
  }

  @Test func longRecordingsOfDifferentEventsAreNoMatch() {
    let (first, second) = (
      PeakEvent(seconds: 900, density: 4, seed: 34), PeakEvent(seconds: 1_000, density: 4, seed: 35)
    )
    let answer = Synchroniser(FingerprintParameters()).synchronise(
      Constellation(seconds: 900, first.heard(from: 0, seconds: 900, seed: 36)),
      Constellation(seconds: 1_000, second.heard(from: 0, seconds: 1_000, seed: 37)))
    #expect(answer == .nothing(.noMatch))
  }
}

extension Synchronisation {
  /// The same answer with the two the other way round, without its errors' exact values.
  fileprivate var reversed: Synchronisation {
    var other = self
    (other.offset, other.speed, other.pitch) = (-offset / speed, 1 / speed, 1 / pitch)
    (other.firstIntervals, other.secondIntervals) = (secondIntervals, firstIntervals)
    return other
  }
}
