import Core
import Fingerprint
import Foundation
import Peaks

/// identify FOLDER [NAME=VALUE...] : indexes the library in the folder, answers its queries, and
/// prints one JSON object a query. Names are those of `FingerprintParameters`. `scale=HOURS`
/// searches a store of so many hours, see `Scale`; `draws=COUNT` asks small libraries, see
/// `Draws`. Mixes are heard as time lines.
@main enum Main {
  static func main() throws {
    let arguments = CommandLine.arguments.dropFirst()
    guard let folder = arguments.first else { fatalError("identify FOLDER [NAME=VALUE...]") }
    let settings = Settings(Array(arguments.dropFirst()))
    let parameters = settings.parameters
    let url = URL(filePath: folder)
    let library = try Corpus<RecordingEntry>("library", in: url)
    let queries = try Corpus<QueryEntry>("queries", in: url)

    let clock = ContinuousClock()
    if let draws = settings.draws {
      let unknown = queries.entries.indices.filter { queries.entries[$0].recording < 0 }
      let heard = parallel(unknown.count) { i in
        let samples = queries.samples(of: queries.entries[unknown[i]])
        let constellation = ConstellationExtractor.constellation(
          of: samples, parameters, role: .query)
        return (number: unknown[i], query: Query(constellation, parameters))
      }
      return try draws.print(
        constellations(library, parameters), heard, searches: settings.drawnSearches, parameters)
    }
    let index: LandmarkIndex
    if let hours = settings.scale {
      let store = try Scale(folder: url, hours: hours, parameters: parameters).open(library)
      log("memory at rest: \(Scale.memory)")
      index = try store.snapshot()
    } else {
      index = inMemory(library, parameters)
    }

    let chosen = queries.entries.indices.filter {
      settings.takes(queries.entries[$0], $0)
    }
    var identifier = Identifier(index)
    settings.adjust(&identifier)
    let lines = parallel(chosen.count, isSerial: settings.scale != nil) { [identifier] place in
      let i = chosen[place]
      let start = clock.now
      let query = Query(
        ConstellationExtractor.constellation(
          of: queries.samples(of: queries.entries[i]), parameters, role: .query), parameters)
      let heard = clock.now
      let before = Scale.threadSeconds
      let identification =
        queries.entries[i].isMix ? identifier.timeline(query) : identifier.identify(query)
      let answered = clock.now
      let busy = Scale.threadSeconds - before
      return Answer(
        query: i, reason: identification.reason?.rawValue,
        matches: identification.matches.prefix(5).map(Answer.Named.init),
        hearing: (heard - start) / .milliseconds(1),
        searching: (answered - heard) / .milliseconds(1), busy: busy * 1_000)
    }
    if settings.scale != nil {
      for (name, times) in [
        ("elapsed", lines.map(\.searching).sorted()), ("busy", lines.map(\.busy).sorted()),
      ] {
        log(
          "searching, \(name): median \(times[times.count / 2]) ms, nine in ten below "
            + "\(times[times.count * 9 / 10]) ms")
      }
      log("memory: \(Scale.memory)")
    }
    let encoder = JSONEncoder()
    for line in lines { print(String(decoding: try encoder.encode(line), as: UTF8.self)) }
  }

  /// The library's index, made from its samples.
  private static func inMemory(
    _ library: Corpus<RecordingEntry>, _ parameters: FingerprintParameters
  ) -> LandmarkIndex {
    let clock = ContinuousClock()
    let begin = clock.now
    let recordings = constellations(library, parameters)
    let extraction = clock.now - begin
    let seconds = Double(library.entries.reduce(0) { $0 + $1.count }) / 16_000
    let index = LandmarkIndex(recordings, parameters)
    let peaks = recordings.reduce(0) { $0 + $1.grids[0].count }
    log(
      "\(library.entries.count) recordings, \(seconds / 3600) h; extraction \(extraction), "
        + "peaks/s \(Double(peaks) / seconds), landmarks/s \(Double(index.landmarks) / seconds)")
    return index
  }

  private static func constellations(
    _ library: Corpus<RecordingEntry>, _ parameters: FingerprintParameters
  ) -> [Constellation] {
    parallel(library.entries.count) { i in
      let samples = library.samples(of: library.entries[i])
      return ConstellationExtractor.constellation(of: samples, parameters, role: .recording)
    }
  }

  static func log(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
}

/// One query's answer, for the scorer.
struct Answer: Encodable, Sendable {
  var query: Int
  var reason: String?
  var matches: [Named]
  /// Milliseconds from samples to peaks.
  var hearing: Double
  /// Milliseconds from peaks to the answer.
  var searching: Double
  /// The processor's share of them.
  var busy: Double

  struct Named: Encodable, Sendable {
    var recording: Int
    var offset: Double
    var speed: Double
    var pitch: Double
    var matched: Int
    var seconds: Double
    /// Where in the query it is first and last heard.
    var from: Double
    var to: Double
    var evidence: Double
    var expected: Double

    init(_ match: Match) {
      recording = Int(match.recording.rawValue) - 1
      offset = match.offset
      speed = match.speed
      pitch = match.pitch
      matched = match.matched
      seconds = match.matchedSeconds
      from = match.intervals.first?.from ?? 0
      to = match.intervals.last?.to ?? 0
      evidence = match.evidence
      expected = match.expectedFalseMatches
    }
  }
}
