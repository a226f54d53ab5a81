import API
import Core
import Foundation
import Glibc
import SystemPackage

/// How long a query takes while all cores analyse a backlog, and how fast the backlog goes meanwhile.
struct BusyBenchmark {
  private static let goal = 20.0
  private static let seconds = 240.0
  private static let pause: UInt32 = 5_000

  let options: Options

  func run() async throws -> Report {
    let count = options.isQuick ? 10_000 : 100_000
    return try await RunningDaemon.withLibrary(
      recordings: count, segments: 1, workers: Machine.coreCount, options, for: "busy"
    ) { try measure($0, $1, $2, count: count) }
  }

  private func measure(
    _ daemon: RunningDaemon, _ library: SyntheticLibrary, _ workplace: Workplace, count: Int
  ) throws -> Report {
    let songs = options.isQuick ? 8 : 24
    tell("busy: \(songs) songs are made")
    let folder = try workplace.folder("songs")
    for number in 0..<songs {
      try Song(seconds: Self.seconds, seed: UInt64(500 + number)).write(
        .wav, to: folder.appending("song \(number).wav"))
    }
    var generator = SeededGenerator(seed: 14)
    let client = try daemon.client()
    _ = try times(client, library, &generator) { $0 < 50 }
    let quiet = try times(client, library, &generator) { $0 < 500 }
    // All at once, as when a folder is moved into the library.
    let begin = Clock.now()
    guard rename(folder.string, library.folder.appending("songs").string) == 0 else {
      throw HarkError.system("cannot move \(folder.escaped)", errno: errno)
    }
    let other = try daemon.client()
    try daemon.wait("the first song", seconds: 120, every: 0.02) {
      try other.status().files.analysed > count
    }
    // While there are more songs than workers to hear them.
    let enough = count + songs - 2 * Machine.coreCount
    var analysed = 0
    let busy = try times(client, library, &generator) { number in
      if number % 50 == 0 { analysed = try other.status().files.analysed }
      return analysed < enough
    }
    try daemon.waitUntilIdle(files: count + songs, seconds: 600)
    let wall = (Clock.now() - begin).wall
    var report = Report()
    let name = "`similar` while \(Machine.coreCount) workers analyse, \(count) recordings"
    report.rows = [
      Row(
        "\(name): 99th percentile", Statistics.percentile(0.99, busy), "ms", goal: Self.goal),
      Row(
        "— median (when quiet: \(Row.text(Statistics.median(quiet), 2, "ms")), 99th percentile "
          + "\(Row.text(Statistics.percentile(0.99, quiet), 2, "ms")))",
        Row.text(Statistics.median(busy), 2, "ms")),
      Row("— slowest of \(busy.count)", Row.text(busy.max() ?? .nan, 2, "ms")),
      Row(
        "— \(songs) songs of 4 minutes, from the first byte to the last one's answer",
        Row.text(wall, 1, "s")),
    ]
    report.notes.append(
      "busy: queries as in `similar`, \(Self.pause / 1_000) ms apart, from the first song that is "
        + "analysed until twice as many as there are workers are left; WAV at 44.1 kHz, stereo.")
    return report
  }

  /// Milliseconds of each query, one after another while `goesOn`.
  private func times(
    _ client: SocketClient, _ library: SyntheticLibrary, _ generator: inout SeededGenerator,
    while goesOn: (_ number: Int) throws -> Bool
  ) throws -> [Double] {
    var times: [Double] = []
    while try goesOn(times.count) {
      let seed = library.files[Int.random(in: 0..<library.files.count, using: &generator)]
      let request = try client.similarRequest(to: seed, count: 10)
      let start = Clock.now()
      let answer = try client.exchange(request)
      times.append((Clock.now() - start).wall * 1e3)
      guard answer.status == 200 else {
        throw HarkError(.defect, "a query is answered with \(answer.status)")
      }
      usleep(Self.pause)
    }
    return times
  }
}
