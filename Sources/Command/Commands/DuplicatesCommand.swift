import API
import ArgumentParser
import Core

/// `hark duplicates`.
struct DuplicatesCommand: DaemonCommand {
  static let configuration = CommandConfiguration(
    commandName: "duplicates",
    abstract: "List files that hold the same music.",
    discussion: """
      Groups of copies, the best one first: same samples, the same recording in another encoding or \
      at another level, trimmed or padded, sped up. Then wholes with the parts that other files \
      hold, such as a mix and its tracks. Best is what lacks nothing, was never coded with loss, \
      and says most about itself. hark deletes nothing: what to keep is for you to say.

      All recordings are compared by their landmarks, so this takes a moment in a large library.

      With --json the answer is {"recordings": …, "groups": [{"relation": …, "files": [{"path": …, \
      "best": …, "relation": …, "offset": …, "speed": …, "intervals": …, "differs": …}]}]}; offset \
      is the best file's time, in seconds, at the file's time 0.

      EXAMPLES
        hark duplicates
        hark duplicates --json | jq -r '.groups[].files[] | select(.best | not) | .path'
      """)

  @Flag(name: .long, help: "Print one JSON object.")
  var json = false

  @OptionGroup var connection: ConnectionOptions
  @ParentCommand var root: HarkCommand

  func run() async throws {
    let clock = ContinuousClock()
    let start = clock.now
    var bar = ProgressBar()
    defer { bar.clear() }
    let answer = try await daemon.duplicates { compared, recordings in
      bar.show(
        "comparing", done: compared, total: recordings, at: (clock.now - start).seconds)
    }
    bar.clear()
    var output = Output.standard()
    if json {
      try output.write(try WireJSON.encode(answer))
      try output.line()
    } else {
      let report = DuplicatesReport(answer)
      for line in report.lines(on: .standardOutput) { try output.line(line) }
      try output.flush()
      Output.note("hark: \(report.summary)")
    }
    try output.flush()
  }
}
