import Core
import Foundation
import SystemPackage

/// A worker's memory on a file of many hours.
struct WorkerBenchmark {
  private static let goal = 300.0

  let options: Options

  func run() throws -> Report {
    let hours = options.hours
    let workplace = try Workplace()
    defer { workplace.remove() }
    let folder = try workplace.folder("music")
    let file = folder.appending("long.wav")
    let duration = hours * 3600
    tell("worker: a file of \(hours) hours is made")
    try Song(sampleRate: 8_000, channels: 1, seconds: duration, seed: 5).write(.wav, to: file)
    let start = Clock.now()
    let daemon = try RunningDaemon(options, watching: folder, in: workplace)
    defer { daemon.stop() }
    // A tenth of real time is what the slowest processor of interest needs.
    try daemon.waitUntilIdle(files: 1, seconds: 300 + duration / 10)
    let time = (Clock.now() - start).wall
    let peaks = try daemon.facts.children().map { try $0.memory("VmHWM") }
    let anonymous = try daemon.facts.children().map { try $0.memory("RssAnon") }
    let status = try daemon.client().status()
    guard let peak = peaks.max(), status.recordings == 1 else {
      throw HarkError(.unavailable, "the worker has ended")
    }
    let restarts = status.workers.map(\.restarts).reduce(0, +)
    guard restarts == 0 else {
      throw HarkError(.unavailable, "the worker was restarted \(restarts) times")
    }
    let precision = status.models.compactMap(\.precision).first ?? "?"
    var report = Report()
    report.rows = [
      Row(
        "hark-worker, \(Row.text(hours, hours < 1 ? 1 : 0, "h")) of audio: peak resident memory",
        peak.megabytes, "MB", digits: 0, goal: Self.goal),
      Row(
        "— anonymous memory afterwards",
        Row.text((anonymous.max() ?? .nan).megabytes, 0, "MB")),
    ]
    report.notes.append(
      "worker: 8 kHz mono 16-bit WAV at \(precision), in a daemon with one backlog worker; the "
        + "larger of its workers' `VmHWM`, libraries included; \(Row.text(time, 0, "s")) from start "
        + "to end.")
    return report
  }
}
