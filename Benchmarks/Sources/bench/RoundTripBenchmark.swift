import API
import Core
import Foundation
import Glibc
import SystemPackage
import VectorIndex

/// What a query costs beyond the search itself: HTTP, JSON, and the catalogue's part of the answer.
struct RoundTripBenchmark {
  private static let goal = 0.3
  private static let queries = 1_000

  let options: Options

  func run() async throws -> Report {
    let count = 10_000
    return try await RunningDaemon.withLibrary(
      recordings: count, segments: 1, options, for: "roundtrip"
    ) { daemon, library, _ in try measure(daemon, library, count: count) }
  }

  private func measure(
    _ daemon: RunningDaemon, _ library: SyntheticLibrary, count: Int
  ) throws -> Report {
    let client = try daemon.client()
    let index = try library.index()
    var generator = SeededGenerator(seed: 13)
    var (whole, searches, nothing) = ([Double](), [Double](), [Double]())
    for number in -100..<Self.queries {
      let place = Int.random(in: 0..<count, using: &generator)
      let request = try client.similarRequest(to: library.files[place], count: 10)
      var start = Clock.now()
      let answer = try client.exchange(request)
      let time = (Clock.now() - start).wall
      guard answer.status == 200 else {
        throw HarkError(.defect, "a query is answered with \(answer.status)")
      }
      start = Clock.now()
      let nowhere = try client.get("/v1/recordings/nowhere")
      let empty = (Clock.now() - start).wall
      guard (400..<500).contains(nowhere.status) else {
        throw HarkError(.defect, "there is a recording called nowhere")
      }
      let key = RecordingKey(Int64(place + 1))
      guard let query = try index.pooled(of: key) else {
        throw HarkError(.defect, "recording \(place + 1) has no embedding")
      }
      start = Clock.now()
      let hits = try index.similar(to: query, k: 10, excluding: [key])
      let search = (Clock.now() - start).wall
      let results = try WireJSON.decode(Wire.SimilarAnswer.self, from: answer.body).results
      guard results.count == 10, hits.count == 10,
        abs((results.first?.score ?? 0) - (hits.first?.score ?? 1)) < 1e-6
      else { throw HarkError(.defect, "the socket gives another answer than the index") }
      // The first ones bring everything into memory.
      guard number >= 0 else { continue }
      whole.append(time * 1e3)
      searches.append(search * 1e3)
      nothing.append(empty * 1e3)
    }
    let beyond = zip(whole, searches).map { $0 - $1 }
    var report = Report()
    report.rows = [
      Row(
        "`similar` over the socket beyond the search itself, \(count) recordings: median",
        Statistics.median(beyond), "ms", goal: Self.goal),
      Row("— the whole", Row.text(Statistics.median(whole), 2, "ms")),
      Row("— the search itself", Row.text(Statistics.median(searches), 2, "ms")),
      Row(
        "— a question that is refused at once", Row.text(Statistics.median(nothing), 2, "ms")),
    ]
    report.notes.append(
      "roundtrip: \(whole.count) queries as in `similar`; after each the same search on the same "
        + "files in this process.")
    return report
  }
}
