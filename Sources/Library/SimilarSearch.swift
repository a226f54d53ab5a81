import Catalogue
import Core
import SystemPackage
import Threads
import VectorIndex

/// Answers "what sounds like this?": `q = normalise(mean(like) − ½ · mean(unlike))`, then the exact
/// nearest recordings by pooled embedding, or by their best segment where the query has a stretch.
struct SimilarSearch: Sendable {
  let catalogue: Catalogue
  let shelf: IndexShelf
  let searches = BlockingWork()

  private var resolver: SeedResolver { SeedResolver(catalogue: catalogue, reading: searches) }

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
    let answering = try shelf.active()
    let (info, index) = (answering.info, answering.index)
    var excluded: Set<RecordingKey> = []
    let like = try await mean(query.like, index, info, &excluded)
    let unlike = try await mean(query.unlike, index, info, &excluded)
    let difference = zip(like, unlike).map { Float($0 - $1 / 2) }
    guard let vector = Embedding(normalising: difference) else {
      throw HarkError(.defect, "the query's embedding is not finite")
    }
    let isByMoment = (query.like + query.unlike).contains { $0.range != nil }
    var allowed: RecordingKeys?
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
      let (key, vector) = try await resolver.resolve(seed, index, info)
      if let key { excluded.insert(key) }
      for (place, value) in vector.values.enumerated() {
        sum[place] += Double(value) / Double(seeds.count)
      }
    }
    return sum
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
