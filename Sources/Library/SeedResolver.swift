import Catalogue
import Core
import VectorIndex

/// Finds the vectors that seeds stand for.
struct SeedResolver: Sendable {
  let catalogue: Catalogue
  /// Where index files are read.
  let reading: BlockingWork

  /// The recording that a seed names, if the library holds it, and the seed's vector. Throws `notFound`
  /// for one that it does not hold, `unavailable` for one that has no product of this model, and
  /// `invalidArgument` for a stretch past the end.
  func resolve(
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
    let vector = try await reading.run { () throws(HarkError) -> Embedding? in
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
        "\(what) cannot be asked about now: no file of it is online, or it is not yet "
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
}
