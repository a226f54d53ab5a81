import Core
import TestSupport
import Testing

@testable import Fingerprint

/// Queries of several minutes.
@Suite struct LongQueryTests {
  private static let parameters = SmallLibrary.parameters
  private static let whole = Signals.music(seconds: 180, seed: 810)
  /// Begins as the other does, and comes first in the library.
  private static let sharing =
    whole.excerpt(from: 0, seconds: 20) + Signals.music(seconds: 15, seed: 811)
  private static let index = LandmarkIndex(hearing: [sharing, whole], parameters)

  private func identify(_ samples: [Float]) -> [Match] {
    Identifier(Self.index).identify(Query(samples, Self.parameters)).matches
  }

  /// The first window is in both.
  @Test func theWholeQueryDecides() throws {
    let matches = identify(Self.whole)
    #expect(matches.map(\.number) == [1, 0], "\(matches)")
    let (first, second) = (try #require(matches.first), try #require(matches.last))
    #expect(abs(first.offset) < 0.02 && abs(first.speed - 1) < 1e-4, "\(first)")
    #expect(first.matchedSeconds > 165, "\(first.intervals)")
    #expect(second.matchedSeconds < 30 && second.offset.magnitude < 0.02, "\(second)")
    #expect(first.matched > 4 * second.matched && first.evidence > 4 * second.evidence)
  }

  /// A window tells the speed to some 10⁻⁴, which at the other end is a frame or two.
  @Test func offsetAndSpeedAreOfTheWhole() throws {
    let samples = Self.whole.excerpt(from: 60, seconds: 110)
    let match = try #require(identify(Signals.played(samples, speed: 1.0137)).first)
    #expect(match.number == 1)
    #expect(abs(match.speed / 1.0137 - 1) < 5e-5, "\(match)")
    #expect(abs(match.offset - 60) < 0.01, "\(match)")
    #expect(match.matchedSeconds > 90, "\(match.intervals)")
  }

  @Test func aTimeLineHasTheSpeedOfTheWhole() throws {
    let samples = Self.whole.excerpt(from: 60, seconds: 52)
    let query = Query(Signals.played(samples, speed: 1.0137), Self.parameters)
    let matches = Identifier(Self.index).timeline(query).matches
    let match = try #require(matches.first)
    #expect(matches.count == 1 && match.number == 1, "\(matches)")
    #expect(abs(match.speed / 1.0137 - 1) < 1e-4 && abs(match.offset - 60) < 0.01, "\(match)")
  }

  /// Heard for 20 s, in none of the windows that are searched first.
  @Test func aStretchBetweenTheFirstWindowsIsFound() throws {
    let before = [Float](repeating: 0, count: 58 * 16_000)
    let after = [Float](repeating: 0, count: 222 * 16_000)
    let samples = before + SmallLibrary.music[4].excerpt(from: 1, seconds: 20) + after
    var identifier = Identifier(SmallLibrary.index)
    identifier.searches = [.sparse, .dense]
    let answer = identifier.identify(Query(samples, Self.parameters))
    let match = try #require(answer.matches.first)
    #expect(answer.matches.count == 1 && match.number == 4, "\(answer)")
    #expect(abs(match.offset + 57) < 0.02 && match.expectedFalseMatches < 1e-4, "\(match)")
    #expect(match.matchedSeconds > 14, "\(match.intervals)")
  }

  /// Eight windows are searched, and chance has as many tries.
  @Test func eachSampledWindowIsATry() throws {
    let silence = [Float](repeating: 0, count: 70 * 16_000)
    let samples = SmallLibrary.music[4].excerpt(from: 3, seconds: 10) + silence
    let query = Query(samples, Self.parameters)
    let identifier = Identifier(SmallLibrary.index)
    let window = query.window(from: 0, seconds: Timeline.window, Self.parameters)
    let alone = try #require(
      identifier.identify(window, at: [.none], usesGrid: true).matches.first)
    let match = try #require(identifier.identify(query).matches.first)
    #expect(match.number == 4 && alone.number == 4 && alone.expectedFalseMatches > 0)
    let tries = match.expectedFalseMatches / alone.expectedFalseMatches
    #expect(abs(tries - 8) < 1e-6, "\(tries)")
  }

  @Test func furtherWindowsLieBetweenTheFirst() {
    for seconds in [61.0, 300, 900, 86_400] {
      let sampled = (0..<8).map { Double($0) * (seconds - Timeline.window) / 7 }
      let further = Identifier.further(seconds, beside: sampled)
      #expect(!further.isEmpty && further.count <= 120)
      #expect(further == further.sorted() && Set(further).count == further.count)
      #expect(further.allSatisfy { start in sampled.allSatisfy { abs($0 - start) >= 1 } })
      #expect(further.allSatisfy { $0 >= 0 && $0 < seconds - Timeline.window / 2 })
    }
  }

  @Test func evidenceTellsWhereNothingIsExpected() {
    let matches = [(1, 1_100.0), (2, 1_200), (3, 30), (4, 1_100)].map { key, evidence in
      Match(
        recording: RecordingKey(Int64(key)), offset: 0, speed: 1, pitch: 1, matched: 1,
        evidence: evidence,
        expectedFalseMatches: Identifier.expectedFalseMatches(
          evidence: evidence, frames: 1_000_000_000), intervals: [])
    }
    #expect(matches.filter { $0.expectedFalseMatches == 0 }.count == 3)
    let order = matches.sorted { $0.isSurer(than: $1) }
    #expect(order.map(\.recording.rawValue) == [2, 1, 4, 3])
  }
}

@Suite struct CourseTests {
  private func match(_ middle: Double, speed: Double, on line: (Double) -> Double) -> Match {
    Match(
      recording: RecordingKey(1), offset: line(middle) - speed * middle, speed: speed, pitch: 1,
      matched: 1, evidence: 1, expectedFalseMatches: 0,
      intervals: [.init(from: middle - 7.5, to: middle + 7.5)])
  }

  @Test func oneWindowGivesItsOwnLine() {
    let one = match(40, speed: 1.02) { 3 + 1.02 * $0 }
    var settled = match(40, speed: 1) { $0 }
    Course(one).settle(&settled)
    #expect(abs(settled.speed - 1.02) < 1e-12 && abs(settled.offset - 3) < 1e-9, "\(settled)")
  }

  /// Each window's own speed is off, its middle is not.
  @Test func windowsFarApartTellTheSpeed() {
    let windows = (0..<10).map { number in
      match(3_600 + 15 * Double(number), speed: number % 2 == 0 ? 1.0203 : 1.0197) { 3 + 1.02 * $0 }
    }
    var course = Course(windows[0])
    for window in windows.dropFirst() { course.add(window) }
    var settled = windows[0]
    course.settle(&settled)
    #expect(abs(settled.speed - 1.02) < 1e-6, "\(settled)")
    #expect(abs(settled.offset + settled.speed * 3_700 - 3 - 1.02 * 3_700) < 1e-4, "\(settled)")
  }

  @Test func whatIsHeardNowhereChangesNothing() {
    var silent = match(40, speed: 1.01) { $0 }
    silent.intervals = []
    var settled = match(40, speed: 1) { $0 }
    let before = settled
    Course(silent).settle(&settled)
    #expect(settled == before)
  }
}
