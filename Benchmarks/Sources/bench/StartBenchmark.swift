import Core
import Foundation
import Glibc
import SystemPackage

/// From the start of `harkd` on a large library until it says that it is ready, and its memory then.
struct StartBenchmark {
  private static let goal = 1.0
  private static let goalMegabytes = 150.0
  private static let starts = 5

  let options: Options

  func run() async throws -> Report {
    let count = options.isQuick ? 100_000 : 1_000_000
    let workplace = try Workplace()
    defer { workplace.remove() }
    tell("start: \(count) recordings are made")
    let library = try await SyntheticLibrary(
      recordings: count, segments: 1, model: options.model, in: workplace)
    // The first one makes what is derived, and takes the files for what they are.
    tell("start: the first start, and a scan")
    var daemon = try RunningDaemon(options, watching: library.folder, in: workplace)
    let afterwards: Double
    do {
      defer { daemon.stop() }
      try daemon.waitUntilIdle(files: count, seconds: 600)
      sleep(10)
      afterwards = try daemon.facts.memory("RssAnon")
    }
    var times: [Double] = []
    var processor: [Double] = []
    var anonymous: [Double] = []
    var resident: [Double] = []
    var peak: [Double] = []
    for number in 1...Self.starts {
      let notify = try NotifySocket(in: workplace)
      let begin = Clock.now()
      daemon = try RunningDaemon(
        options, watching: library.folder, in: workplace, notifying: notify)
      defer { daemon.stop() }
      try notify.waitUntilReady()
      times.append((Clock.now() - begin).wall)
      processor.append(try daemon.facts.processorSeconds())
      anonymous.append(try daemon.facts.memory("RssAnon"))
      resident.append(try daemon.facts.memory("VmRSS"))
      peak.append(try daemon.facts.memory("VmHWM"))
      tell("start \(number): \(Row.text(times.last ?? .nan, 2, "s"))")
    }
    var report = Report()
    report.rows = [
      Row(
        "start with \(count) recordings to READY", Statistics.median(times), "s", goal: Self.goal),
      Row("— processor time of harkd", Row.text(Statistics.median(processor), 2, "s")),
      Row(
        "— anonymous memory then", Statistics.median(anonymous).megabytes, "MB", digits: 0,
        goal: Self.goalMegabytes),
      Row(
        "— with everything mapped (its peak until then)",
        Row.text(Statistics.median(resident).megabytes, 0, "MB")
          + " (\(Row.text(Statistics.median(peak).megabytes, 0, "MB")))"),
      Row(
        "— anonymous memory at rest after a first start, which scans and makes what is derived",
        Row.text(afterwards.megabytes, 0, "MB")),
    ]
    report.notes.append(
      "start: from the start of the process to READY=1 at NOTIFY_SOCKET, one backlog worker, files in "
        + "the page cache; median of \(Self.starts), slowest \(Row.text(times.max() ?? .nan, 2, "s")). "
        + "Recordings of one segment and 100 peaks, sparse files, as in `similar`.")
    return report
  }
}
