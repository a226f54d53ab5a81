import Catalogue
import Core
import Threads
import VectorIndex

/// Answers "what is this?" with the active model's tags. Nothing is stored for it: a tag is a direction,
/// and the recording's embedding is in the index.
struct TagSearch: Sendable {
  let catalogue: Catalogue
  let shelf: IndexShelf
  let reading = BlockingWork()

  func answer(_ source: Seed.Source) async throws(HarkError) -> TagAnswer {
    let answering = try shelf.active()
    let resolver = SeedResolver(catalogue: catalogue, reading: reading)
    let (_, embedding) = try await resolver.resolve(
      Seed(source), answering.index, answering.info)
    guard !answering.info.labels.isEmpty else { return TagAnswer(model: answering.info, tags: []) }
    guard let directions = answering.loaded?.tags else {
      throw HarkError(
        .unavailable,
        "the model that answers, \(answering.info.name), is no longer at hand to give tags",
        remedy: "wait until the new model has caught up; `hark status` tells how far it is")
    }
    return TagAnswer(model: answering.info, tags: directions.ranking(for: embedding))
  }
}
