import API
import Core
import Foundation
import Glibc
import SystemPackage

/// The daemon while nothing happens: its memory, its workers' memory, its wake-ups.
struct RestBenchmark {
  private static let seconds = 20
  private static let segments = 250

  let options: Options

  func run() async throws -> Report {
    let count = options.isQuick ? 1_000 : 10_000
    let workplace = try Workplace()
    defer { workplace.remove() }
    tell("rest: \(count) recordings are made")
    let library = try await SyntheticLibrary(
      recordings: count, segments: Self.segments, model: options.model, in: workplace)
    let daemon = try RunningDaemon(options, watching: library.folder, in: workplace)
    defer { daemon.stop() }
    try daemon.waitUntilIdle(files: count, seconds: 300)
    tell("rest: \(Self.seconds) s of quiet")
    sleep(10)
    let before = try daemon.facts.sleeps()
    sleep(UInt32(Self.seconds))
    let after = try daemon.facts.sleeps()
    let changes = after.merging(before) { $0 - $1 }.filter {
      after[$0.key] != nil && $0.value > 0
    }
    let wakeUps = changes.values.reduce(0, +)
    let sleepless = changes.map {
      "\(daemon.facts.name(ofThread: $0.key)) \(Row.text($0.value, 0, ""))"
    }
    let workers = try daemon.facts.children()
    let workerMemory = try workers.map { try $0.memory("RssAnon") }
    let resident = try daemon.facts.memory("VmRSS")
    let anonymous = try daemon.facts.memory("RssAnon")
    let files = try daemon.facts.memory("RssFile")
    let name = "harkd at rest, \(count) recordings"
    var report = Report()
    report.rows = [
      Row(
        "\(name): anonymous memory", anonymous.megabytes, "MB", digits: 1, goal: 100),
      Row(
        "— with everything mapped (\(Row.text(files.megabytes, 0, "MB")) of files)",
        Row.text(resident.megabytes, 1, "MB")),
      Row(
        "— \(workers.count) workers: anonymous memory, each",
        workerMemory.map { Row.text($0.megabytes, 0, "MB") }.joined(separator: ", ")),
      Row(
        "— wake-ups of harkd's threads in \(Self.seconds) s", wakeUps, "", digits: 0, goal: 0),
    ]
    report.notes.append(
      "rest: recordings of \(Self.segments) segments with random embeddings, put into catalogue "
        + "and index by the rooms that own them; sparse files on the disk; one backlog worker. "
        + "Wake-ups are voluntary context switches, without systemd's watchdog; by thread: "
        + (sleepless.isEmpty ? "none" : sleepless.sorted().joined(separator: ", ")) + ".")
    return report
  }
}

/// From a file's close to its appearance in an answer.
struct AppearanceBenchmark {
  private static let goal = 2.0
  private static let files = 10

  let options: Options

  func run() throws -> Report {
    let workplace = try Workplace()
    defer { workplace.remove() }
    let folder = try workplace.folder("music")
    let seed = folder.appending("seed.wav")
    try Song(seconds: 2, seed: 1_000).write(.wav, to: seed)
    let daemon = try RunningDaemon(options, watching: folder, in: workplace)
    defer { daemon.stop() }
    try daemon.waitUntilIdle(files: 1, seconds: 120)
    let client = try daemon.client()
    let query = try client.similarRequest(to: seed, count: 100)
    var times: [Double] = []
    for number in 1...Self.files {
      let path = folder.appending("new \(number).wav")
      try Song(seconds: 2, seed: UInt64(1_000 + number)).write(.wav, to: path)
      let closed = Clock.now()
      try daemon.wait("\(path.escaped) to appear", seconds: 60, every: 0.005) {
        let answer = try client.exchange(query)
        guard answer.status == 200 else {
          throw HarkError(.defect, "the query fails with status \(answer.status)")
        }
        let results = try WireJSON.decode(Wire.SimilarAnswer.self, from: answer.body).results
        return results.contains { $0.path == path.string }
      }
      times.append((Clock.now() - closed).wall)
      try daemon.waitUntilIdle(files: number + 1, seconds: 60)
      usleep(500_000)
    }
    var report = Report()
    report.rows.append(
      Row(
        "from a file's close to its appearance in an answer", Statistics.median(times), "s",
        goal: Self.goal))
    report.notes.append(
      "appearance: a 2-second WAV, idle daemon, one worker; median of \(times.count), with 0.5 s of "
        + "settling; slowest \(Row.text(times.max() ?? .nan, 2, "s")).")
    return report
  }
}

/// A query's whole round trip over the socket, in a large library.
struct SimilarBenchmark {
  private static let goal = 5.0
  private static let queries = 200

  let options: Options

  func run() async throws -> Report {
    let count = options.isQuick ? 10_000 : 100_000
    return try await RunningDaemon.withLibrary(
      recordings: count, segments: 1, options, for: "similar"
    ) { daemon, library, _ in try measure(daemon, library, count: count) }
  }

  private func measure(
    _ daemon: RunningDaemon, _ library: SyntheticLibrary, count: Int
  ) throws -> Report {
    let client = try daemon.client()
    var generator = SeededGenerator(seed: 11)
    var times: [Double] = []
    for number in -20..<Self.queries {
      let seed = library.files[Int.random(in: 0..<count, using: &generator)]
      let request = try client.similarRequest(to: seed, count: 10)
      let start = Clock.now()
      let answer = try client.exchange(request)
      let time = (Clock.now() - start).wall
      let results = try WireJSON.decode(Wire.SimilarAnswer.self, from: answer.body).results
      guard answer.status == 200, results.count == 10 else {
        throw HarkError(.defect, "an answer with \(results.count) results")
      }
      // The first twenty bring the index into memory.
      if number >= 0 { times.append(time * 1e3) }
    }
    var report = Report()
    report.rows = [
      Row(
        "`similar` over the socket, \(count) recordings: median", Statistics.median(times), "ms",
        goal: Self.goal),
      Row("— 99th percentile", Row.text(Statistics.percentile(0.99, times), 2, "ms")),
    ]
    report.notes.append(
      "similar: \(times.count) queries by a file of the library, k = 10, one after another on one "
        + "connection, from the request's first byte to the answer's last; recordings with random "
        + "embeddings, put into catalogue and index by the rooms that own them.")
    return report
  }
}
