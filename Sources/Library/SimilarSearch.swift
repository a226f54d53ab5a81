import Catalogue
import Core
import SystemPackage
import VectorIndex

/// Answers "what sounds like this?": `q = normalise(mean(like) − ½ · mean(unlike))`, then the exact
/// nearest recordings by pooled embedding, or by their best segment where the query has a stretch.
struct SimilarSearch: Sendable {
  let catalogue: Catalogue
  let shelf: IndexShelf
  let searches = BlockingWork(label: "hark.searches")

  static let largestK = 10_000

  func answer(_ query: SimilarQuery) async throws(HarkError) -> SimilarAnswer {
    guard (1...Self.largestK).contains(query.k) else {
      throw HarkError(
        .invalidArgument, "\(query.k) results cannot be had",
        remedy: "give a k from 1 to \(Self.largestK)")
    }
    guard !query.like.isEmpty else {
      throw HarkError(
        .invalidArgument, "the query names nothing to be like", remedy: "give at least one seed")
    }
    let (info, index) = try shelf.active()
    var excluded: Set<RecordingKey> = []
    let like = try await mean(query.like, index, info, &excluded)
    let unlike = try await mean(query.unlike, index, info, &excluded)
    let difference = zip(like, unlike).map { Float($0 - $1 / 2) }
    guard let vector = Embedding(normalising: difference) else {
      throw HarkError(.defect, "the query's embedding is not finite")
    }
    let isByMoment = (query.like + query.unlike).contains { $0.range != nil }
    var allowed: Set<RecordingKey>?
    if !query.filter.isEmpty {
      allowed = try await catalogue.recordings(
        under: query.filter.under, minimumDuration: query.filter.minimumDuration,
        maximumDuration: query.filter.maximumDuration)
    }
    let hits = try await searches.run { [allowed, excluded] () throws(HarkError) in
      isByMoment
        ? try index.similarMoments(
          to: vector, k: query.k, allowed: allowed, excluding: excluded)
        : try index.similar(to: vector, k: query.k, allowed: allowed, excluding: excluded)
    }
    return SimilarAnswer(
      model: info, isByMoment: isByMoment,
      results: try await results(hits, under: query.filter.under))
  }

  /// The mean of the seeds' vectors; zero for none.
  private func mean(
    _ seeds: [Seed], _ index: ModelIndex, _ info: ModelInfo, _ excluded: inout Set<RecordingKey>
  ) async throws(HarkError) -> [Double] {
    var sum = [Double](repeating: 0, count: Embedding.dimension)
    for seed in seeds {
      let (key, vector) = try await resolve(seed, index, info)
      if let key { excluded.insert(key) }
      for (place, value) in vector.values.enumerated() {
        sum[place] += Double(value) / Double(seeds.count)
      }
    }
    return sum
  }

  private func resolve(
    _ seed: Seed, _ index: ModelIndex, _ info: ModelInfo
  ) async throws(HarkError) -> (RecordingKey?, Embedding) {
    switch seed.source {
    case .analysis(let analysis):
      guard let product = analysis.embeddings.first(where: { $0.model.description == info.id })
      else {
        throw HarkError(
          .unavailable, "the model changed while the audio was analysed", remedy: "ask again")
      }
      let key = try await catalogue.key(of: analysis.recording)
      guard let range = seed.range else { return (key, product.pooled) }
      guard let vector = product.segments.mean(in: range) else {
        throw Self.pastEnd(range, analysis.facts.duration)
      }
      return (key, vector)
    case .recording(let id):
      guard let key = try await catalogue.key(of: id) else {
        throw HarkError(
          .notFound, "the library holds no recording \(id)",
          remedy: "see `hark list` for what it holds")
      }
      return (key, try await vector(of: key, seed.range, index, what: "recording \(id)"))
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
      return (key, try await vector(of: key, seed.range, index, what: path.escaped))
    }
  }

  private func vector(
    of key: RecordingKey, _ range: TimeRange?, _ index: ModelIndex, what: String
  ) async throws(HarkError) -> Embedding {
    let vector = try await searches.run { () throws(HarkError) -> Embedding? in
      guard let pooled = try index.pooled(of: key) else { return nil }
      guard let range else { return pooled }
      guard let stretch = try index.meanOfSegments(of: key, in: range) else {
        let count = try index.segments(of: key)?.count ?? 0
        throw Self.pastEnd(range, SegmentCodes.start(of: count))
      }
      return stretch
    }
    guard let vector else {
      throw HarkError(
        .unavailable,
        "\(what) cannot be compared now: no file of it is online, or it is not yet "
          + "analysed for the model that answers",
        remedy: "see `hark show`")
    }
    return vector
  }

  private static func pastEnd(_ range: TimeRange, _ duration: Double) -> HarkError {
    HarkError(
      .invalidArgument, "the stretch from \(range.from) s lies past the recording's end",
      remedy: "give one that begins before \((duration * 10).rounded() / 10) s")
  }

  private func results(
    _ hits: [Hit], under directories: [FilePath]
  ) async throws(HarkError) -> [SimilarAnswer.Result] {
    let files = try await catalogue.onlineFiles(of: hits.map(\.recording))
    return hits.compactMap { hit in
      guard let holders = files[hit.recording],
        let first = holders.first(where: { file in
          directories.isEmpty || directories.contains { file.path.isAtOrBelow($0) }
        }), let id = first.recording
      else { return nil }
      return SimilarAnswer.Result(
        path: first.path, paths: holders.map(\.path), id: id, score: hit.score, range: hit.range,
        duration: first.duration ?? 0, metadata: first.metadata)
    }
  }
}
