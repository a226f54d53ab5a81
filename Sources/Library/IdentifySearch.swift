import Catalogue
import Core
import Fingerprint
import Threads

/// Answers "what recording is this?" from landmarks, or with an empty list and the reason.
struct IdentifySearch: Sendable {
  let catalogue: Catalogue
  let shelf: IndexShelf
  let searches = BlockingWork()

  func answer(_ query: IdentifyQuery) async throws(HarkError) -> IdentifyAnswer {
    guard let store = shelf.current.landmarks else { throw LandmarkStore.notOpened }
    guard (1...1_000).contains(query.expect) else {
      throw HarkError(
        .invalidArgument, "\(query.expect) recordings cannot be expected",
        remedy: "expect 1 to 1000")
    }
    let constellation = try await constellation(of: query.source, store)
    let found = try await searches.run { () throws(HarkError) in
      let heard = Query(constellation, store.parameters)
      let identifier = Identifier(try store.snapshot())
      return query.expect > 1 ? identifier.timeline(heard) : identifier.identify(heard)
    }
    let duration = Double(constellation.samples) / Double(store.parameters.sampleRate)
    let results = try await results(found.matches, duration).prefix(max(10, query.expect))
    return IdentifyAnswer(
      duration: duration, results: Array(results),
      reason: results.isEmpty
        ? (found.reason ?? Identification.Reason.noMatch).rawValue : nil)
  }

  /// The query's peaks.
  private func constellation(
    of source: Seed.Source, _ store: LandmarkStore
  ) async throws(HarkError) -> Constellation {
    switch source {
    case .analysis(let analysis):
      guard let constellation = analysis.constellation else {
        throw HarkError(.defect, "the query's audio was analysed without its peaks")
      }
      return constellation
    case .recording(let id):
      return try await stored(catalogue.recording(named: id), store)
    case .file(let path):
      return try await stored(catalogue.recording(inFileAt: path), store)
    }
  }

  private func stored(
    _ recording: NamedRecording, _ store: LandmarkStore
  ) async throws(HarkError) -> Constellation {
    let constellation = try await searches.run { () throws(HarkError) in
      try store.constellation(of: recording.key)
    }
    guard let constellation else {
      throw HarkError(
        .unavailable, "\(recording.name) has no landmarks yet",
        remedy: "ask again when it is analysed")
    }
    return constellation
  }

  private func results(
    _ matches: [Match], _ duration: Double
  ) async throws(HarkError) -> [IdentifyAnswer.Result] {
    let files = try await catalogue.onlineFiles(of: matches.map(\.recording))
    return matches.compactMap { match in
      // What no online file holds is not shown, here as everywhere.
      guard let holders = files[match.recording], let first = holders.first,
        let id = first.recording
      else { return nil }
      let intervals = match.intervals.compactMap {
        try? TimeRange(from: max(0, $0.from), to: min(duration, $0.to))
      }
      return IdentifyAnswer.Result(
        path: first.path, paths: holders.map(\.path), id: id,
        score: duration > 0 ? min(1, match.matchedSeconds / duration) : 0, offset: match.offset,
        speed: match.speed, pitch: match.pitch, intervals: intervals,
        expectedFalseMatches: match.expectedFalseMatches, duration: first.duration ?? 0,
        metadata: first.metadata)
    }
  }
}
