import Catalogue
import Core
import SystemPackage
import TestSupport
import Testing

@testable import Library

@Suite struct SimilarSearchTests {
  private let paths = (1...40).map { "/m/\($0 % 2 == 0 ? "even" : "odd")/\($0)" }

  private func filled() async throws -> (LibraryFixture, [Analysis]) {
    let fixture = try await LibraryFixture()
    let analyses = (1...40).map { fixture.analysis(UInt64($0)) }
    try await fixture.add(paths, analyses)
    return (fixture, analyses)
  }

  private func cosine(_ a: [Double], _ b: [Double]) -> Double {
    let dot = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
    let norms = (a.reduce(0) { $0 + $1 * $1 } * b.reduce(0) { $0 + $1 * $1 }).squareRoot()
    return norms > 0 ? dot / norms : 0
  }

  private func pooled(_ analysis: Analysis) -> [Double] {
    analysis.embeddings[0].pooled.values.map(Double.init)
  }

  @Test func pooledAnswersEqualABruteForce() async throws {
    let (fixture, analyses) = try await filled()
    let query = SimilarQuery(
      like: [Seed(.file("/m/odd/1")), Seed(.recording(analyses[1].recording))],
      unlike: [Seed(.file("/m/odd/3"))], k: 100)
    let answer = try await fixture.search.answer(query)
    let q = (0..<Embedding.dimension).map {
      (pooled(analyses[0])[$0] + pooled(analyses[1])[$0]) / 2 - pooled(analyses[2])[$0] / 2
    }
    let expected = (3..<40).map { (analyses[$0].recording, cosine(q, pooled(analyses[$0]))) }
      .sorted { $0.1 > $1.1 }
    #expect(answer.results.map(\.id) == expected.map(\.0))
    for (result, truth) in zip(answer.results, expected) {
      #expect(abs(result.score - truth.1) < 1e-6)
    }
    #expect(!answer.isByMoment)
    #expect(answer.results.allSatisfy { $0.range == nil })
  }

  @Test func stretchesAreScoredByTheBestSegmentAndSayWhere() async throws {
    let (fixture, analyses) = try await filled()
    let range = try TimeRange(from: 0.96, to: 2.88)
    let answer = try await fixture.search.answer(
      SimilarQuery(like: [Seed(.file("/m/odd/1"), range: range)], k: 5))
    let seed = analyses[0].embeddings[0].segments
    let q = zip(seed.dequantised(1), seed.dequantised(2)).map { (Double($0) + Double($1)) / 2 }
    let expected = (1..<40).map { number in
      let segments = analyses[number].embeddings[0].segments
      let scores = (0..<segments.count).map { cosine(q, segments.dequantised($0).map(Double.init)) }
      let best = scores.indices.max { scores[$0] < scores[$1] }!
      return (analyses[number].recording, scores[best], SegmentCodes.start(of: best))
    }.sorted { $0.1 > $1.1 }.prefix(5)
    #expect(answer.isByMoment)
    #expect(answer.results.map(\.id) == expected.map(\.0))
    for (result, truth) in zip(answer.results, expected) {
      #expect(abs(result.score - truth.1) < 1e-6)
      #expect(result.range?.from == truth.2)
    }
  }

  @Test func filtersAllowOnlyWhatTheyName() async throws {
    let (fixture, _) = try await filled()
    let answer = try await fixture.search.answer(
      SimilarQuery(
        like: [Seed(.file("/m/odd/1"))],
        filter: .init(under: ["/m/even"], minimumDuration: 10, maximumDuration: 20), k: 100))
    #expect(Set(answer.results.map(\.duration)) == [10, 12, 14, 16, 18, 20])
    #expect(answer.results.allSatisfy { $0.path.starts(with: "/m/even") })
  }

  @Test func copiesAppearOnceWithAllTheirPaths() async throws {
    let (fixture, analyses) = try await filled()
    try await fixture.add(["/m/even/copy"], [analyses[4]])
    let answer = try await fixture.search.answer(
      SimilarQuery(like: [Seed(.file("/m/odd/1"))], k: 100))
    let result = try #require(answer.results.first { $0.id == analyses[4].recording })
    #expect(result.paths == ["/m/even/copy", "/m/odd/5"])
    #expect(answer.results.count == 39)
  }

  @Test func soundFromOutsideIsComparedToo() async throws {
    let (fixture, analyses) = try await filled()
    let stranger = fixture.analysis(999)
    let answer = try await fixture.search.answer(
      SimilarQuery(like: [Seed(.analysis(stranger))], k: 1))
    let best = analyses.max {
      cosine(pooled($0), pooled(stranger)) < cosine(pooled($1), pooled(stranger))
    }
    #expect(answer.results.first?.id == best?.recording)
    // The same sound from outside is the recording inside, and does not list itself.
    let known = try await fixture.search.answer(
      SimilarQuery(like: [Seed(.analysis(analyses[0]))], k: 100))
    #expect(!known.results.contains { $0.id == analyses[0].recording })
  }

  @Test func whatIsAwayIsNotAnsweredAndComesBack() async throws {
    let (fixture, _) = try await filled()
    let gone = try await fixture.catalogue.setOffline(true, below: "/m/even", now: 3)
    await fixture.visibility.refresh(gone)
    let query = SimilarQuery(like: [Seed(.file("/m/odd/1"))], k: 100)
    #expect(try await fixture.search.answer(query).results.count == 19)
    let back = try await fixture.catalogue.setOffline(false, below: "/m/even", now: 4)
    await fixture.visibility.refresh(back)
    #expect(try await fixture.search.answer(query).results.count == 39)
  }

  /// Not the number of its segments: the last one may end before the recording does, or after it.
  @Test(arguments: [(4, 4, 3.85, true), (4, 4, 4.0, false), (5, 6, 4.99, true), (5, 6, 5.2, false)])
  func theRecordingsLengthSaysWhatIsPastTheEnd(
    length: Int, segments: Int, from: Double, isThere: Bool
  ) async throws {
    let fixture = try await LibraryFixture()
    let analyses = [fixture.analysis(UInt64(length), segments: segments), fixture.analysis(9)]
    try await fixture.add(["/m/a", "/m/b"], analyses)
    let stranger = fixture.analysis(UInt64(length), segments: segments)
    for source in [
      Seed.Source.file("/m/a"), .recording(analyses[0].recording), .analysis(stranger),
    ] {
      let seed = Seed(source, range: try TimeRange(from: from, to: 100))
      do throws(HarkError) {
        let answer = try await fixture.search.answer(SimilarQuery(like: [seed]))
        #expect(isThere && answer.results.map(\.id) == [analyses[1].recording])
      } catch {
        #expect(!isThere && error.code == .invalidArgument)
        #expect(error.remedy == "give one that begins before \(Double(length)) s")
      }
    }
  }

  @Test func badQueriesAreRefusedWithACode() async throws {
    let (fixture, analyses) = try await filled()
    func code(_ query: SimilarQuery) async -> HarkError.Code? {
      do throws(HarkError) {
        _ = try await fixture.search.answer(query)
        return nil
      } catch {
        return error.code
      }
    }
    let seed = Seed(.recording(analyses[0].recording))
    #expect(await code(SimilarQuery(like: [])) == .invalidArgument)
    #expect(await code(SimilarQuery(like: [seed], k: 0)) == .invalidArgument)
    #expect(await code(SimilarQuery(like: [seed], k: 10_001)) == .invalidArgument)
    #expect(await code(SimilarQuery(like: [Seed(.file("/nowhere"))])) == .notFound)
    let past = Seed(seed.source, range: try TimeRange(from: 100, to: 101))
    #expect(await code(SimilarQuery(like: [past])) == .invalidArgument)
    let stranger = fixture.analysis(77).recording
    #expect(await code(SimilarQuery(like: [Seed(.recording(stranger))])) == .notFound)
  }
}
