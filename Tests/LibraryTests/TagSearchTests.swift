import Core
import SystemPackage
import TestSupport
import Testing

@testable import Library

@Suite struct TagSearchTests {
  private let directions: TagDirections

  init() throws {
    var random = SplitMix64(seed: 21)
    directions = try #require(
      TagDirections(
        labels: (0..<30).map { "label \($0)" },
        weights: random.vector(30 * Embedding.dimension).map { $0 * 3 },
        bias: random.vector(30)))
  }

  /// A library of two recordings whose model gives tags.
  private func filled() async throws -> (LibraryFixture, TagSearch, [Analysis]) {
    let fixture = try await LibraryFixture()
    fixture.shelf.update { [model = fixture.model, directions] in
      $0.infos[model]?.labels = directions.labels
      $0.loaded[model]?.tags = directions
    }
    let analyses = [fixture.analysis(1), fixture.analysis(2)]
    try await fixture.add(["/m/1", "/m/2"], analyses)
    return (fixture, TagSearch(catalogue: fixture.catalogue, shelf: fixture.shelf), analyses)
  }

  private func code(_ search: TagSearch, _ source: Seed.Source) async -> HarkError.Code? {
    do throws(HarkError) {
      _ = try await search.answer(source)
      return nil
    } catch {
      return error.code
    }
  }

  @Test func aRecordingsTagsAreThoseOfItsEmbedding() async throws {
    let (fixture, search, analyses) = try await filled()
    let stranger = fixture.analysis(77)
    let sources: [(Seed.Source, Analysis)] = [
      (.file("/m/1"), analyses[0]), (.recording(analyses[1].recording), analyses[1]),
      (.analysis(stranger), stranger),
    ]
    for (source, analysis) in sources {
      let answer = try await search.answer(source)
      let expected = directions.ranking(for: analysis.embeddings[0].pooled)
      #expect(answer.tags == expected)
      #expect(answer.model.labels == directions.labels)
    }
  }

  @Test func aModelWithoutLabelsGivesNone() async throws {
    let fixture = try await LibraryFixture()
    try await fixture.add(["/m/1"], [fixture.analysis(1)])
    let search = TagSearch(catalogue: fixture.catalogue, shelf: fixture.shelf)
    #expect(try await search.answer(.file("/m/1")).tags.isEmpty)
    #expect(await code(search, .file("/m/none")) == .notFound)
  }

  @Test func whatCannotBeAnsweredSaysWhy() async throws {
    let (fixture, search, _) = try await filled()
    #expect(await code(search, .file("/m/none")) == .notFound)
    #expect(await code(search, .recording(fixture.analysis(9).recording)) == .notFound)
    var other = fixture.analysis(3)
    other.embeddings = []
    #expect(await code(search, .analysis(other)) == .unavailable)
    // Offline: its embedding is not read.
    let gone = try await fixture.catalogue.setOffline(true, below: "/m", now: 3)
    await fixture.visibility.refresh(gone)
    #expect(await code(search, .file("/m/1")) == .unavailable)
    let back = try await fixture.catalogue.setOffline(false, below: "/m", now: 4)
    await fixture.visibility.refresh(back)
    #expect(await code(search, .file("/m/1")) == nil)
    // The model that answers is gone from the workers.
    fixture.shelf.update { $0.loaded = [:] }
    #expect(await code(search, .file("/m/1")) == .unavailable)
  }
}
