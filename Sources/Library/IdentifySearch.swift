import Catalogue
import Core
import Fingerprint
import Synchronization
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
    let heard = Query(constellation, store.parameters)
    // In a mix, what is hidden would take the peaks of its visible copy. An excerpt's few matches tell
    // themselves whether one of them is hidden, which is rare: then it is searched for again.
    var allowed = query.expect > 1 ? try await visible() : nil
    // A mix that is in the library would be all that is heard in it.
    let own = query.expect > 1 ? try await key(of: query.source) : nil
    var found = try await search(heard, query.expect, store, allowed, except: own)
    var files = try await catalogue.onlineFiles(of: found.matches.map(\.recording))
    if allowed == nil, files.count < found.matches.count {
      allowed = try await visible()
      found = try await search(heard, query.expect, store, allowed)
      files = try await catalogue.onlineFiles(of: found.matches.map(\.recording))
    }
    let duration = Double(constellation.samples) / Double(store.parameters.sampleRate)
    let results = results(found.matches, files, duration).prefix(max(10, query.expect))
    return IdentifyAnswer(
      duration: duration, results: Array(results),
      reason: results.isEmpty
        ? (found.reason ?? Identification.Reason.noMatch).rawValue : nil)
  }

  /// Ends when its task is cancelled: hours of a broadcast are searched for minutes.
  private func search(
    _ query: Query, _ expect: Int, _ store: LandmarkStore, _ allowed: RecordingKeys?,
    except own: RecordingKey? = nil
  ) async throws(HarkError) -> Identification {
    let end = End()
    let found = await withTaskCancellationHandler { () -> Result<Identification, HarkError> in
      do throws(HarkError) {
        return .success(
          try await searches.run { () throws(HarkError) in
            var identifier = Identifier(try store.snapshot())
            identifier.goesOn = { !end.hasCome }
            if let allowed { identifier.mayName = { $0 != own && allowed.contains($0) } }
            return expect > 1 ? identifier.timeline(query) : identifier.identify(query)
          })
      } catch {
        return .failure(error)
      }
    } onCancel: {
      end.come()
    }
    guard !end.hasCome else {
      throw HarkError(
        .unavailable, "the search was given up: nobody waits for it, or the daemon is stopping",
        remedy: "ask again when it runs")
    }
    return try found.get()
  }

  /// The recordings that an online file holds. Until something changes it is answered from memory.
  private func visible() async throws(HarkError) -> RecordingKeys {
    try await catalogue.recordings(under: ["/"], minimumDuration: nil, maximumDuration: nil)
  }

  /// The query's own recording, where the library has it.
  private func key(of source: Seed.Source) async throws(HarkError) -> RecordingKey? {
    switch source {
    case .analysis(let analysis): return try await catalogue.key(of: analysis.recording)
    case .recording(let id): return try await catalogue.key(of: id)
    case .file(let path): return try await catalogue.key(ofFileAt: path)
    }
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
    _ matches: [Match], _ files: [RecordingKey: [FileEntry]], _ duration: Double
  ) -> [IdentifyAnswer.Result] {
    matches.compactMap { match in
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

/// Tells a search on another thread that its task was cancelled.
private final class End: Sendable {
  private let flag = Atomic(false)

  var hasCome: Bool { flag.load(ordering: .relaxed) }

  func come() { flag.store(true, ordering: .relaxed) }
}
