import Core
import Synchronization
import TestSupport
import Testing

@testable import Fingerprint

@Suite struct TimelineTests {
  private let music = SmallLibrary.music
  private var identifier: Identifier { Identifier(SmallLibrary.index) }

  private func timeline(_ samples: [Float]) -> [Match] {
    identifier.timeline(Query(samples, SmallLibrary.parameters)).matches
  }

  /// A broadcast: known, unknown, known at another speed.
  @Test func oneAfterAnotherIsHeard() throws {
    let samples =
      music[0].excerpt(from: 2, seconds: 18) + Signals.music(seconds: 12, seed: 800)
      + Signals.played(music[1].excerpt(from: 1, seconds: 20), speed: 1.04)
    let matches = timeline(samples)
    #expect(matches.map(\.number) == [0, 1], "\(matches)")
    let (first, second) = (try #require(matches.first), try #require(matches.last))
    #expect(abs(first.offset - 2) < 0.02)
    #expect(abs(first.intervals[0].from) < 1 && abs(first.intervals.last!.to - 18) < 1.5)
    #expect(abs(second.speed - 1.04) < 0.002)
    // The second begins at 30 s, a second into its recording.
    #expect(abs(second.offset + 30 * second.speed - 1) < 0.05, "\(second)")
    #expect(abs(second.intervals[0].from - 30) < 1.5)
  }

  /// Twelve seconds at another speed, between the windows in which all warps are tried whatever is heard in them:
  /// those in between hold nothing else.
  @Test func aShortPieceAtAnotherSpeedIsHeard() throws {
    let samples =
      Signals.music(seconds: 16, seed: 805)
      + Signals.played(music[1].excerpt(from: 3, seconds: 13), speed: 1.05)
      + Signals.music(seconds: 20, seed: 806)
    let match = try #require(timeline(samples).first)
    #expect(match.number == 1 && abs(match.speed - 1.05) < 0.002, "\(match)")
    #expect(abs(match.intervals[0].from - 16) < 1.5, "\(match)")
  }

  /// A warp that is found in a later window is tried in the earlier ones too.
  @Test func aSpeedFoundLateIsTriedBefore() throws {
    let samples =
      Signals.music(seconds: 16, seed: 805)
      + Signals.played(music[1].excerpt(from: 3, seconds: 13), speed: 1.05)
      + Signals.music(seconds: 4, seed: 807)
      + Signals.played(music[2].excerpt(from: 2, seconds: 15), speed: 1.05)
    let query = Query(samples, SmallLibrary.parameters)
    let matches = identifier.timeline(query, grids: 1).matches
    #expect(matches.map(\.number) == [1, 2], "\(matches)")
  }

  @Test func bothOfAMixAreHeard() {
    let (first, second) = (
      music[2].excerpt(from: 4, seconds: 14), music[3].excerpt(from: 6.3, seconds: 14)
    )
    let matches = timeline(Signals.mixed(first, second, decibels: 0))
    #expect(Set(matches.map(\.number)) == [2, 3], "\(matches)")
    for match in matches {
      #expect(abs(match.offset - (match.number == 2 ? 4 : 6.3)) < 0.02, "\(match)")
      #expect(match.matchedSeconds > 8)
    }
  }

  @Test func nothingKnownIsNoMatch() {
    let query = Query(Signals.music(seconds: 20, seed: 801), SmallLibrary.parameters)
    #expect(identifier.timeline(query).reason == .noMatch)
    let silence = Query([Float](repeating: 0, count: 400_000), SmallLibrary.parameters)
    #expect(identifier.timeline(silence).reason == .silence)
  }

  /// A long query is named by a window of it, and its offset still counts from its own beginning.
  @Test func aLongQueryIsNamedByAWindow() throws {
    let samples = Signals.music(seconds: 50, seed: 802) + music[4]
    let answer = identifier.identify(Query(samples, SmallLibrary.parameters))
    let match = try #require(answer.matches.first)
    #expect(match.number == 4)
    #expect(abs(match.offset + 50) < 0.02, "\(match)")
  }

  /// Counts how often it is asked whether to go on, and says no after a few times.
  private final class Patience: Sendable {
    private let questions = Mutex(0)
    let most: Int

    init(most: Int) { self.most = most }

    var asked: Int { questions.withLock { $0 } }

    func goesOn() -> Bool {
      questions.withLock { questions in
        questions += 1
        return questions <= most
      }
    }
  }

  @Test(arguments: [0, 3]) func aSearchCanBeEnded(most: Int) {
    let unknown = Signals.music(seconds: 65, seed: 804)
    for (samples, isAll) in [(music[0], true), (unknown, true), (unknown, false)] {
      let patience = Patience(most: most)
      var identifier = identifier
      identifier.goesOn = { patience.goesOn() }
      let query = Query(samples, SmallLibrary.parameters)
      let answer = isAll ? identifier.timeline(query) : identifier.identify(query)
      #expect(most > 0 || answer.reason == .noMatch || answer.reason == .silence, "\(answer)")
      // It is asked before each window and before each search in one: a few times more, and all end.
      #expect(patience.asked > most && patience.asked <= most + 4, "\(patience.asked)")
    }
  }

  /// What may not be named stands before no other, and takes no peaks.
  @Test func aHiddenCopyHidesNoOther() {
    let index = LandmarkIndex(hearing: [music[0], music[0], music[1]], SmallLibrary.parameters)
    var identifier = Identifier(index)
    identifier.mayName = { $0 != RecordingKey(1) }
    let excerpt = Query(music[0].excerpt(from: 2, seconds: 18), SmallLibrary.parameters)
    #expect(identifier.timeline(excerpt).matches.map(\.number) == [1])
    #expect(identifier.identify(excerpt).matches.map(\.number) == [1])
    identifier.mayName = { $0 == RecordingKey(3) }
    #expect(identifier.timeline(excerpt).reason == .noMatch)
    #expect(identifier.identify(excerpt).reason == .noMatch)
  }

  /// The first window that is sure is sure of what may not be named.
  @Test func aLongQueryGoesOnBehindAHiddenRecording() throws {
    let samples = music[0] + Signals.music(seconds: 30, seed: 803) + music[1]
    var identifier = identifier
    identifier.mayName = { $0 != RecordingKey(1) }
    let answer = identifier.identify(Query(samples, SmallLibrary.parameters))
    let match = try #require(answer.matches.first)
    #expect(answer.matches.count == 1 && match.number == 1, "\(answer)")
    #expect(abs(match.offset + 52) < 0.02, "\(match)")
  }

  /// A mix, whose copy the library has beside what it was made of: the copy explains all of it, and
  /// is not all.
  @Test func aCopyOfTheWholeHidesNothingInside() throws {
    let songs = music[0] + music[1] + music[2]
    let mix = Signals.mixed(songs, Signals.music(seconds: 66, seed: 820), decibels: 6)
    let copy = Signals.mixed(mix, Signals.whiteNoise(count: mix.count, seed: 821), decibels: 30)
    let index = LandmarkIndex(
      hearing: [music[0], music[1], music[2], copy], SmallLibrary.parameters)
    let query = Query(mix, SmallLibrary.parameters)
    let matches = Identifier(index).timeline(query).matches
    #expect(Set(matches.map(\.number)) == [0, 1, 2, 3], "\(matches)")
    let whole = try #require(matches.first { $0.number == 3 })
    #expect(whole.matchedSeconds > 59 && abs(whole.offset) < 0.05, "\(whole)")
    let second = try #require(matches.first { $0.number == 1 })
    #expect(abs(second.offset + 22) < 0.05 && second.matchedSeconds < 25, "\(second)")
  }

  /// Music that repeats itself exactly: every window fits many places, and the one after the last
  /// is meant.
  @Test func aLoopIsHeardInOnePiece() throws {
    let phrase = Signals.music(seconds: 8, seed: 830)
    let loop = (0..<10).flatMap { _ in phrase }
    let identifier = Identifier(LandmarkIndex(hearing: [loop], SmallLibrary.parameters))
    let query = Query(loop.excerpt(from: 0, seconds: 37.5), SmallLibrary.parameters)
    let matches = identifier.timeline(query).matches.filter { $0.matchedSeconds > 5 }
    let whole = try #require(matches.first)
    #expect(matches.count == 1 && whole.matchedSeconds > 32, "\(matches)")

    let window = query.window(from: 0, seconds: Timeline.window, SmallLibrary.parameters)
    for place in [0.0, 8, 16, 24, 40] {
      let line = match(1, 0...15, offset: place)
      let answer = identifier.identify(
        window, at: [.none], usesGrid: false, weighsVotes: false, lines: [line])
      let found = try #require(answer.matches.first)
      #expect(abs(found.offset - place) < 0.05, "\(place) \(found)")
    }
    // Beside an expected place where it is not, the best is taken.
    let nowhere = match(1, 0...15, offset: 3.3)
    let answer = identifier.identify(
      window, at: [.none], usesGrid: false, weighsVotes: false, lines: [nowhere])
    let found = try #require(answer.matches.first)
    #expect(abs(found.offset - 3.3) > 1, "\(found)")
  }

  /// Of two files of one recording, the one that was heard before is heard on, unless the other
  /// fits far better.
  @Test func theCopyThatWasHeardBeforeIsHeardOn() {
    var timeline = Timeline()
    timeline.add(match(1, 0...15, offset: 4), windowStart: 0)
    let lines = timeline.lines(from: 7.5)
    let other = match(2, 0...15, offset: 11.5)
    for (evidence, expected) in [(101.0, 1), (124, 1), (126, 2)] {
      var stronger = other
      stronger.evidence = evidence
      let matches = [stronger, match(1, 0...15, offset: 11.5)]
      let taken = Timeline.likeliest(matches, on: lines)
      #expect(taken?.recording.rawValue == Int64(expected), "\(evidence)")
      #expect(Timeline.likeliest(matches, on: [])?.recording.rawValue == 2)
    }
    // The same recording elsewhere continues nothing.
    #expect(
      Timeline.likeliest([other, match(1, 0...15, offset: 20)], on: lines)?.recording.rawValue == 2)
    #expect(Timeline.likeliest([], on: lines) == nil)
  }

  private func match(
    _ key: Int64, _ intervals: ClosedRange<Double>..., offset: Double = 0, speed: Double = 1
  ) -> Match {
    Match(
      recording: RecordingKey(key), offset: offset, speed: speed, pitch: speed, matched: 100,
      evidence: 100, expectedFalseMatches: 1e-9,
      intervals: intervals.map { .init(from: $0.lowerBound, to: $0.upperBound) })
  }

  /// The strongest of a window comes first, wherever in it that begins.
  @Test func matchesComeInOrderOfTheirBeginning() {
    var timeline = Timeline()
    timeline.add(match(3, 9...15), windowStart: 0)
    timeline.add(match(4, 0...8), windowStart: 0)
    timeline.add(match(1, 2.5...9), windowStart: 7.5)
    timeline.add(match(2, 1.5...9), windowStart: 7.5)
    #expect(timeline.matches.map(\.recording.rawValue) == [4, 2, 3, 1])
  }

  /// Each window's own speed is off, and what they say together is not.
  @Test func offsetAndSpeedAreOfAllWindows() throws {
    var timeline = Timeline()
    for number in 0..<40 {
      let start = 7.5 * Double(number)
      let speed = number % 2 == 0 ? 1.0203 : 1.0197
      // Right in the window's middle.
      let offset = 3 + 1.02 * (start + 7.5) - speed * 7.5
      timeline.add(match(1, 0...15, offset: offset, speed: speed), windowStart: start)
      // Of what the strongest left, a little lies beside it, and counts for nothing.
      timeline.add(match(1, 2...3, offset: offset + 0.2, speed: speed), windowStart: start)
    }
    let match = try #require(timeline.matches.first)
    #expect(timeline.matches.count == 1 && match.intervals == [.init(from: 0, to: 307.5)])
    #expect(abs(match.speed - 1.02) < 1e-5 && abs(match.offset - 3) < 2e-3, "\(match)")
  }

  /// A tape that gets faster: each window continues the one before it, and none the first.
  @Test func aSpeedThatChangesIsFollowed() throws {
    var timeline = Timeline()
    var place = 10.0
    for number in 0..<60 {
      let speed = 1 + 0.0005 * Double(number)
      timeline.add(match(1, 0...15, offset: place, speed: speed), windowStart: 7.5 * Double(number))
      place += 7.5 * (speed + 0.00025)
    }
    let match = try #require(timeline.matches.first)
    #expect(timeline.matches.count == 1, "\(timeline.matches)")
    #expect(match.speed > 1.012 && match.speed < 1.018, "\(match)")
  }

  @Test func windowsCoverTheQuery() {
    for seconds in [1.0, 15, 15.1, 22.5, 100, 3_600] {
      let windows = Timeline.windows(seconds)
      #expect(windows.first == 0)
      #expect(windows.last! + Timeline.window >= seconds && windows.last! < max(1, seconds))
      #expect(zip(windows, windows.dropFirst()).allSatisfy { $1 - $0 == Timeline.window / 2 })
    }
  }

  @Test func intervalsAreJoined() {
    let union = Timeline.union([
      .init(from: 5, to: 7), .init(from: 0, to: 2), .init(from: 2.3, to: 4),
      .init(from: 6, to: 6.5),
    ])
    #expect(union == [.init(from: 0, to: 4), .init(from: 5, to: 7)])
  }
}
