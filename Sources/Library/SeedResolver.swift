import Catalogue
import Core
import Threads
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
      try Self.check(range, beginsBefore: analysis.facts.duration)
      guard let vector = product.segments.mean(in: range) else {
        throw HarkError(.invalidArgument, "the audio is too short to have a stretch")
      }
      return (key, vector)
    case .recording(let id):
      return try await vector(of: catalogue.recording(named: id), seed.range, index)
    case .file(let path):
      return try await vector(of: catalogue.recording(inFileAt: path), seed.range, index)
    }
  }

  private func vector(
    of recording: NamedRecording, _ range: TimeRange?, _ index: ModelIndex
  ) async throws(HarkError) -> (RecordingKey, Embedding) {
    let key = recording.key
    if let range, let duration = try await catalogue.duration(of: key) {
      try Self.check(range, beginsBefore: duration)
    }
    let vector = try await reading.run { () throws(HarkError) -> Embedding? in
      guard let pooled = try index.pooled(of: key) else { return nil }
      guard let range else { return pooled }
      return try index.meanOfSegments(of: key, in: range)
    }
    guard let vector else {
      throw HarkError(
        .unavailable,
        "\(recording.name) cannot be asked about now: no file of it is online, or it is not yet "
          + "analysed for the model that answers",
        remedy: "see `hark show`")
    }
    return (key, vector)
  }

  /// Throws `invalidArgument` unless `range` begins before the end of a recording that is `duration`
  /// seconds long.
  private static func check(
    _ range: TimeRange, beginsBefore duration: Double
  ) throws(HarkError) {
    guard range.from >= duration else { return }
    throw HarkError(
      .invalidArgument, "the stretch from \(range.from) s lies past the recording's end",
      remedy: "give one that begins before \((duration * 100).rounded(.down) / 100) s")
  }
}
