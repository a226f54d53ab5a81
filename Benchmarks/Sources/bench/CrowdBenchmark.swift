import API
import Core
import Foundation
import Glibc
import SystemPackage

/// How long one user waits for an answer while another means harm.
struct CrowdBenchmark {
  private static let goal = 2.0
  private static let queries = 200

  let options: Options

  func run() async throws -> Report {
    let count = options.isQuick ? 10_000 : 100_000
    return try await RunningDaemon.withLibrary(
      recordings: count, segments: 1, options, for: "crowd"
    ) { try measure($0, $1, $2, count: count) }
  }

  private func measure(
    _ daemon: RunningDaemon, _ library: SyntheticLibrary, _ workplace: Workplace, count: Int
  ) throws -> Report {
    try raiseLimit()
    chmod(daemon.socket.string, 0o666)
    chmod(workplace.path.string, 0o755)
    var report = Report()
    let name = "`similar` on a new connection, \(count) recordings"
    for harm in Harm.allCases {
      // Quiet and crowd by turns, so that other programs' load falls on both.
      var (quiet, crowded): ([Double], [Double]) = ([], [])
      for _ in 0..<3 {
        quiet += try times(daemon, library)
        let crowd = Crowd(harm, at: daemon.socket)
        do {
          crowded += try times(daemon, library)
        } catch {
          crowd.end()
          throw error
        }
        crowd.end()
        usleep(500_000)
      }
      let (before, after) = (Statistics.median(quiet), Statistics.median(crowded))
      report.rows.append(
        Row(
          "\(name), while \(Crowd.size) connections \(harm.rawValue): median / median when quiet "
            + "(\(Row.text(after, 2, "ms")) / \(Row.text(before, 2, "ms")))",
          after / before, "×", goal: Self.goal))
    }
    report.notes.append(
      "crowd: \(Self.queries) queries in each of three rounds, each on a connection of its own, from "
        + "connecting to the answer's last byte; the others' connections are "
        + (geteuid() == 0 ? "another user's" : "the same user's")
        + ", and what the daemon closes is opened again. The thread that does harm shares the cores."
    )
    return report
  }

  private func times(_ daemon: RunningDaemon, _ library: SyntheticLibrary) throws -> [Double] {
    var generator = SeededGenerator(seed: 12)
    return try (0..<Self.queries).map { _ in
      let seed = library.files[Int.random(in: 0..<library.files.count, using: &generator)]
      let start = Clock.now()
      let answer = try daemon.client().similar(to: seed, count: 10)
      guard answer.status == 200 else {
        throw HarkError(.defect, "a query is answered with \(answer.status)")
      }
      return (Clock.now() - start).wall * 1e3
    }
  }

  private func raiseLimit() throws {
    var limit = rlimit()
    let resource = __rlimit_resource_t(UInt32(RLIMIT_NOFILE.rawValue))
    getrlimit(resource, &limit)
    limit.rlim_cur = min(4_096, limit.rlim_max)
    guard setrlimit(resource, &limit) == 0, limit.rlim_cur >= 2_048 else {
      throw HarkError(.unavailable, "too few descriptors", remedy: "raise `ulimit -Hn`")
    }
  }
}
