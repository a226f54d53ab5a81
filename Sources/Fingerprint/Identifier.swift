import Core

/// Names queries from the recordings of an index, and stays silent where it does not know.
///
/// Searches follow each other in order of cost, and the first that settles it ends it: the query's
/// strongest peaks; all its peaks on both grids, with probing; a grid of warps.
public struct Identifier: Sendable {
  /// A query of less is too short to be told from chance.
  public static let leastSeconds = 0.75

  public let index: LandmarkIndex
  /// An answer is given where fewer false matches than this are to be expected.
  public var bar = 1e-4
  public var searches = Searches.all
  /// Whether a recording may be named; nil where all may. One that may not is as if it were not in the
  /// index: it stands before no other, and its peaks are explained by nothing.
  public var mayName: (@Sendable (RecordingKey) -> Bool)?
  /// Whether the answer is still wanted: asked once a window and once a search. Where it is not, what was
  /// found so far is returned, which is nobody's answer.
  public var goesOn: @Sendable () -> Bool = { true }

  /// What is searched, in this order.
  public struct Searches: OptionSet, Sendable {
    public let rawValue: Int
    public init(rawValue: Int) { self.rawValue = rawValue }

    /// The query's strongest peaks as they are.
    public static let sparse = Searches(rawValue: 1)
    /// All its peaks, between frames and in neighbouring cells too.
    public static let dense = Searches(rawValue: 2)
    /// The strongest at other speeds, tempos and pitches.
    public static let warps = Searches(rawValue: 4)
    public static let all: Searches = [.sparse, .dense, .warps]
  }

  public init(_ index: LandmarkIndex) { self.index = index }

  /// Names an excerpt. One that is longer than ``longest`` is named by windows of it, the first that is
  /// sure, and then heard as a whole; ``timeline(_:)`` hears several recordings in it.
  public func identify(_ query: Query) -> Identification {
    query.seconds > Self.longest
      ? identifyLong(query) : identify(query, at: [.none], usesGrid: true)
  }

  /// Searches for one stretch at a few warps, and at the whole grid if wanted.
  ///
  /// Votes do not speak for a place in what is left of a stretch whose peaks were explained: few are left, and
  /// a beat further on their recording stands out again.
  /// - Parameter lines: where recordings may lie beside the stretch, as its neighbours say.
  func identify(
    _ query: Query, at warps: [Warp], usesGrid: Bool, weighsVotes: Bool = true,
    lines: [Match] = []
  ) -> Identification {
    guard query.seconds >= Self.leastSeconds else { return Identification(.tooShort) }
    guard query.soundingSeconds >= Self.leastSeconds / 2 else { return Identification(.silence) }
    guard index.count > 0 else { return Identification(.noMatch) }
    let verifier = Verifier(query, index.parameters)
    var best = Identification(.noMatch)
    var (greatest, greatestAsGiven) = (0.0, 0.0)
    for effort in efforts(warps, usesGrid) {
      guard goesOn() else { break }
      var found = Searcher(index: index, mayName: mayName).alignments(query, verifier, effort)
      if !weighsVotes { for i in found.indices { found[i].prominence = nil } }
      let matches = matches(found, verifier, effort, lines)
      let evidence = found.lazy.map(\.evidence).max() ?? 0
      let wanted = effort.isOfGrid ? max(greatest, Self.warpedEvidence * greatestAsGiven) : greatest
      if !matches.isEmpty, evidence > wanted {
        best = Identification(matches)
        greatest = evidence
        if !effort.isOfGrid { greatestAsGiven = evidence }
      }
      if greatest >= Self.settledEvidence * query.soundingSeconds { break }
    }
    return best
  }

  /// Evidence for each second of a query that settles it. Music at another speed agrees with itself, here
  /// and there, at none: by up to 24 a second in the excerpts of `Benchmarks/identify`, where clean ones
  /// of 3 s and more have 36 to 78. What has less is searched for at other warps too.
  private static let settledEvidence = 30.0
  /// How much more evidence than at no warp another warp must have. In noise, a hundred tries find a little
  /// more than the one that is right; where another warp is right it has twice as much, and mostly tens of
  /// times.
  private static let warpedEvidence = 1.5

  private func efforts(_ warps: [Warp], _ usesGrid: Bool) -> [Searcher.Effort] {
    let parameters = index.parameters
    var efforts: [Searcher.Effort] = []
    if searches.contains(.sparse) { efforts.append(.sparse(warps, parameters)) }
    if searches.contains(.dense) { efforts.append(.dense(warps, parameters)) }
    if searches.contains(.warps), usesGrid {
      efforts += WarpGrid.parts.map { .grid($0, parameters) }
    }
    return efforts
  }

  /// The recordings that are below the bar, each where most of its peaks are hit: a piece that
  /// repeats itself may have its best evidence at one of its repeats.
  private func matches(
    _ found: [Alignment], _ verifier: Verifier, _ effort: Searcher.Effort, _ lines: [Match]
  ) -> [Match] {
    let recordings = Dictionary(grouping: found, by: \.recording)
    let matches = recordings.compactMap { recording, alignments -> Match? in
      let expected = alignments.map { expectedFalseMatches($0, effort, verifier.query) }
      guard let least = expected.min(), least < bar else { return nil }
      let sure = zip(alignments, expected).filter { $0.1 < bar }.map(\.0)
      guard let strongest = sure.max(by: { $0.surprise < $1.surprise }) else { return nil }
      let expectedPlace = place(on: lines, insteadOf: strongest, verifier, effort)
      let best = expectedPlace ?? strongest
      let refined = verifier.refined(best, index.peaks(of: recording))
      let expectedOfRefined = expectedFalseMatches(refined, effort, verifier.query)
      return match(refined, expected: min(least, expectedOfRefined), verifier)
    }
    return matches.sorted { $0.isSurer(than: $1) }
  }

  /// How much of the best's evidence another place, or another recording, may have where it
  /// continues what was heard before: exact repeats and copies differ by less, and which is ahead
  /// changes from window to window.
  static let nearlyEqual = 0.8

  /// Another place of the same recording, which the neighbours expect and which is nearly as good;
  /// nil where there is none. The recording is laid there at once, since a loop has more repeats
  /// than are candidates.
  private func place(
    on lines: [Match], insteadOf strongest: Alignment, _ verifier: Verifier,
    _ effort: Searcher.Effort
  ) -> Alignment? {
    guard let key = index.key(of: strongest.recording) else { return nil }
    let places = lines.filter { $0.recording == key }.map { line -> Alignment in
      var alignment = Alignment(line, from: 0, index.parameters)
      alignment.recording = strongest.recording
      return verifier.verify(alignment, index.peaks(of: key))
    }
    guard !places.contains(where: strongest.isSame) else { return nil }
    return places.filter {
      $0.surprise >= Self.nearlyEqual * strongest.surprise
        && expectedFalseMatches($0, effort, verifier.query) < bar
    }.max { $0.surprise < $1.surprise }
  }

  private func match(
    _ alignment: Alignment, expected: Double, _ verifier: Verifier
  ) -> Match? {
    guard let recording = index.key(of: alignment.recording) else { return nil }
    var match = Match(
      recording: recording, offset: 0, speed: 1, pitch: 1, matched: alignment.hits,
      evidence: alignment.evidence, expectedFalseMatches: expected,
      intervals: verifier.intervals(alignment, index.peaks(of: alignment.recording)))
    match.place(alignment, index.parameters)
    return match
  }

  private func expectedFalseMatches(
    _ alignment: Alignment, _ effort: Searcher.Effort, _ query: Query
  ) -> Double {
    var (chance, evidence, tries) = (Chance.plain, alignment.evidence, effort.warps.count)
    if effort.isOfGrid {
      (chance, tries) = (.warped, 1)
    } else if query.isRest {
      chance = .rest
    } else if let prominence = alignment.prominence, evidence > 0 {
      chance = .voted
      evidence += Chance.evidence(ofProminence: prominence)
    }
    return Double(tries)
      * chance.expected(evidence: evidence, seconds: query.seconds, frames: index.frames)
  }
}
