import Catalogue
import Core
import Fingerprint

/// Answers "what recording is this?" from landmarks, or with an empty list and the reason.
struct IdentifySearch: Sendable {
  let catalogue: Catalogue
  let shelf: IndexShelf
  let searches = BlockingWork(label: "hark.identify")

  func answer(_ query: IdentifyQuery) async throws(HarkError) -> IdentifyAnswer {
    guard let store = shelf.current.landmarks else {
      throw HarkError(
        .unavailable, "the library is starting and has no landmarks yet",
        remedy: "ask again in a moment; `hark status` tells how it stands")
    }
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
      guard let key = try await catalogue.key(of: id) else {
        throw HarkError(
          .notFound, "the library holds no recording \(id)",
          remedy: "see `hark list` for what it holds")
      }
      return try await stored(key, store, what: "recording \(id)")
    case .file(let path):
      guard let entry = try await catalogue.file(at: path) else {
        throw HarkError(
          .notFound, "the library holds no file \(path.escaped)",
          remedy: "see `hark list` for what it holds, or send the audio itself")
      }
      guard let key = try await catalogue.key(ofFileAt: path) else {
        throw HarkError(
          .unavailable, "\(path.escaped) has no analysis: it is \(entry.state.rawValue)",
          remedy: entry.failure == nil ? "ask again when it is analysed" : nil,
          cause: entry.failure?.message)
      }
      return try await stored(key, store, what: path.escaped)
    }
  }

  private func stored(
    _ key: RecordingKey, _ store: LandmarkStore, what: String
  ) async throws(HarkError) -> Constellation {
    let constellation = try await searches.run { () throws(HarkError) in
      try store.constellation(of: key)
    }
    guard let constellation else {
      throw HarkError(
        .unavailable, "\(what) has no landmarks yet", remedy: "ask again when it is analysed")
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
