import Core
import Fingerprint
import SystemPackage
import TestSupport
import Testing

@testable import Library

@Suite struct IdentifySearchTests {
  private static func constellation(seed: UInt64) -> Constellation {
    var random = SplitMix64(seed: seed)
    return .random(using: &random)
  }

  /// Two recordings with the same peaks: the first in `/m/away/1`, the second in `/m/here/2`; and
  /// audio that the library does not hold and that has them too.
  private static func twins() async throws -> (fixture: LibraryFixture, query: Analysis) {
    let fixture = try await LibraryFixture()
    let store = try LandmarkStore.open(
      directory: FilePath(fixture.directory.path), parameters: FingerprintParameters(),
      committed: [:], generation: 1)
    fixture.shelf.update { $0.landmarks = store }
    var analyses = [fixture.analysis(1), fixture.analysis(2)]
    for i in analyses.indices { analyses[i].constellation = constellation(seed: 21) }
    // One after the other, so that the first has the lower key.
    try await fixture.add(["/m/away/1"], [analyses[0]])
    try await fixture.add(["/m/here/2"], [analyses[1]])
    var query = fixture.analysis(3)
    query.constellation = analyses[0].constellation
    return (fixture, query)
  }

  @Test func aCancelledSearchEnds() async throws {
    let (fixture, query) = try await Self.twins()
    let search = IdentifySearch(catalogue: fixture.catalogue, shelf: fixture.shelf)
    let task = Task { () async throws -> IdentifyAnswer in
      withUnsafeCurrentTask { $0?.cancel() }
      return try await search.answer(IdentifyQuery(source: .analysis(query)))
    }
    guard case .failure(let error) = await task.result else {
      Issue.record("it answered")
      return
    }
    #expect((error as? HarkError)?.code == .unavailable, "\(error)")
  }

  /// The hidden twin comes first, and its peaks are the other's.
  @Test(arguments: [1, 2]) func aHiddenTwinHidesNoOther(expect: Int) async throws {
    let (fixture, query) = try await Self.twins()
    let search = IdentifySearch(catalogue: fixture.catalogue, shelf: fixture.shelf)
    let question = IdentifyQuery(source: .analysis(query), expect: expect)
    let both = try await search.answer(question).results.map(\.path)
    #expect(both.first == "/m/away/1", "\(both)")
    let hidden = try await fixture.catalogue.setOffline(true, below: "/m/away", now: 3)
    await fixture.visibility.refresh(hidden)
    let answer = try await search.answer(question)
    #expect(answer.results.map(\.path) == ["/m/here/2"] && answer.reason == nil, "\(answer)")
    let rest = try await fixture.catalogue.setOffline(true, below: "/m/here", now: 4)
    await fixture.visibility.refresh(rest)
    let none = try await search.answer(question)
    #expect(none.results.isEmpty && none.reason == "no match", "\(none)")
  }

  /// A mix that is in the library is not what is heard in it, however it is asked about; an excerpt
  /// is of itself.
  @Test func whatIsHeardInARecordingIsNotItself() async throws {
    let (fixture, stranger) = try await Self.twins()
    let search = IdentifySearch(catalogue: fixture.catalogue, shelf: fixture.shelf)
    var own = fixture.analysis(1)
    own.constellation = stranger.constellation
    let sources: [Seed.Source] = [.recording(own.recording), .file("/m/away/1"), .analysis(own)]
    for source in sources {
      let whole = try await search.answer(IdentifyQuery(source: source))
      #expect(whole.results.first?.path == "/m/away/1", "\(whole)")
      let parts = try await search.answer(IdentifyQuery(source: source, expect: 5))
      #expect(parts.results.map(\.path) == ["/m/here/2"], "\(parts)")
    }
  }
}
