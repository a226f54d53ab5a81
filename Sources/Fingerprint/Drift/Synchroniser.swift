import Core
import Synchronization
import Threads

/// Lays two recordings of an event beside each other, in either order.
///
/// Windows of the shorter are searched for in the longer, at no warp and, where that is in vain, at all,
/// and then windows close to each other; the places on one line decide, and the line is fitted to all
/// peaks where they are heard together along it. Memory grows with the peaks of both alone. Blocks its
/// thread: about a second for an hour, and some more where every warp and window is tried in vain.
public struct Synchroniser: Sendable {
  public let parameters: FingerprintParameters
  /// An answer is given where fewer false ones than this are to be expected.
  public var bar = 1e-4

  public init(_ parameters: FingerprintParameters) { self.parameters = parameters }

  private static let window = 20.0
  private static let windows = 24
  /// Windows that are searched for at every warp.
  private static let warpedWindows = 6
  /// Seconds from one window to the next in the search that comes last, so that three lie in what lasts a
  /// minute; and how many these may be, so that its time is bounded. Beyond two hours they lie further
  /// apart.
  private static let closeStep = 10.0
  private static let closeWindows = 720
  /// Seconds about a window in which others speak for it in that search: of so many windows, some lie
  /// about any long line.
  private static let closeReach = 60.0
  /// Evidence on the line, shared among all windows that may lie on it, that no wrong warp reaches: clean
  /// copies have hundreds, wrong warps of repeated music some five.
  private static let sureEvidence = 60.0

  /// - Parameters:
  ///   - first: made for a query, so that it is dense.
  ///   - second: the same. Which of the two comes first makes no difference but to what the answer's
  ///     numbers are of.
  public func synchronise(_ first: Constellation, _ second: Constellation)
    -> Synchronisation.Result
  {
    // What is in both lies somewhere in the shorter and may be anywhere in the longer.
    let isExchanged = first.samples > second.samples
    let (shorter, longer) = isExchanged ? (second, first) : (first, second)
    let query = Query(shorter, parameters)
    let other = Query(longer, parameters)
    guard min(query.seconds, other.seconds) >= Identifier.leastSeconds else {
      return .nothing(.tooShort)
    }
    guard min(query.soundingSeconds, other.soundingSeconds) >= Identifier.leastSeconds / 2 else {
      return .nothing(.silence)
    }
    let index = LandmarkIndex([longer], parameters)
    guard let found = found(query, index) else { return .nothing(.noMatch) }
    let peaks = PeakPairs(first: Self.merged(shorter), second: Self.merged(longer))
    let stored = PeakPairs(first: peaks.first, second: index.peaks(of: 0))
    let shared = SharedLine(
      found.line, pitch: found.pitch, windows: found.windows, peaks: peaks, stored: stored,
      frames: shorter.frames, parameters)
    guard let shared else { return .nothing(.noMatch) }
    return .synchronised(
      Synchronisation(
        shared, isExchanged: isExchanged, expectedFalseMatches: found.expectedFalseMatches,
        parameters))
  }

  /// The peaks of all grids, in order of time.
  private static func merged(_ constellation: Constellation) -> [Peak] {
    Array(constellation.grids.joined()).sorted { ($0.time, $0.frequency) < ($1.time, $1.frequency) }
  }

  private func found(_ query: Query, _ index: LandmarkIndex) -> WindowPlaces.Found? {
    let spread = min(Self.windows, max(1, Int(query.seconds / Self.window * 2)))
    let plain = SearchPass(
      warps: [.none], windows: spread, chances: Self.windows, isDense: true, reach: .infinity)
    let warped = SearchPass(
      warps: WarpGrid.all, windows: min(Self.warpedWindows, spread), chances: Self.warpedWindows,
      isDense: false, reach: .infinity)
    var best: WindowPlaces.Found?
    for pass in [plain, warped] {
      guard let found = places(query, index, pass).best(bar: bar) else { continue }
      // A bass line or a beat survives a warp, so that a wrong one may be found without it: for such
      // little evidence every other warp is tried too.
      if found.evidence > best?.evidence ?? 0 { best = found }
      if found.evidence >= Self.sureEvidence { break }
    }
    let room = max(0, query.seconds - Self.window)
    let close = min(Self.closeWindows, Int((room / Self.closeStep).rounded(.up)) + 1)
    guard best == nil, close > spread else { return best }
    let last = SearchPass(
      warps: [.none], windows: close, chances: close, isDense: true,
      reach: Self.closeReach / parameters.frameSeconds)
    return places(query, index, last).best(bar: bar)
  }

  private struct SearchPass {
    var warps: [Warp]
    var windows: Int
    /// Windows that count as tries of chance.
    var chances: Int
    var isDense: Bool
    /// Frames from a window to others that speak for the same place.
    var reach: Double
  }

  /// Where windows that are spread evenly over the query lie in the index's recording.
  private func places(_ query: Query, _ index: LandmarkIndex, _ pass: SearchPass) -> WindowPlaces {
    let room = max(0, query.seconds - Self.window)
    let starts = (0..<pass.windows).map {
      room * Double($0) / Double(max(1, pass.windows - 1))
    }
    let gathered = Mutex([[WindowPlaces.Place]](repeating: [], count: starts.count))
    // A search at several warps uses all cores itself.
    let parts = pass.warps.count > 1 ? 1 : min(starts.count, Searcher.processors)
    ParallelLoop.run(turns: parts) { part in
      for number in stride(from: part, to: starts.count, by: parts) {
        let places = places(query, from: starts[number], index, pass)
        gathered.withLock { $0[number] = places }
      }
    }
    let middle = min(Self.window, query.seconds) / 2
    return WindowPlaces(
      places: gathered.withLock { $0 }.flatMap { $0 },
      middles: starts.map { ($0 + middle) / parameters.frameSeconds }, frames: index.frames,
      tries: Double(pass.warps.count * pass.chances), reach: pass.reach)
  }

  private func places(
    _ query: Query, from start: Double, _ index: LandmarkIndex, _ pass: SearchPass
  ) -> [WindowPlaces.Place] {
    let first = (start / parameters.frameSeconds).rounded()
    let window = query.window(from: start, seconds: Self.window, parameters)
    let verifier = Verifier(window, parameters)
    let effort: Searcher.Effort =
      pass.isDense ? .dense(pass.warps, parameters) : .sparse(pass.warps, parameters)
    let middle = Double(window.frames) / 2
    // A window's best place is not always the right one; the line tells.
    return Searcher(index: index).alignments(window, verifier, effort).prefix(4)
      .filter { $0.evidence > 0 }
      .map { alignment in
        WindowPlaces.Place(
          point: .init(
            first: first + middle, second: alignment.start + alignment.warp.speed * middle),
          frames: Double(window.frames), alignment: alignment)
      }
  }
}
