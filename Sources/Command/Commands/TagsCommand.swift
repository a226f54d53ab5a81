import API
import ArgumentParser
import Core

/// `hark tags`.
struct TagsCommand: DaemonCommand {
  static let configuration = CommandConfiguration(
    commandName: "tags",
    abstract: "Say what a recording is, in the model's words.",
    discussion: """
      A tag is a label that the model knows, with a score from 0 to 1; several may be true at once. \
      `hark model` says how many labels there are. A file that the library does not know is sent \
      to the daemon, which listens to it on the spot and does not keep it.

      With --json the answer is {"results": [{"query": …, "tags": [{"label": …, "score": …}]}]}, \
      one result for each argument.

      EXAMPLES
        hark tags song.flac
        hark tags *.wav -n 3
        hark tags ~/Downloads/clip.mp3 --json | jq -r '.results[].tags[].label'
      """)

  @Argument(help: ArgumentHelp("Files, or recordings' ids.", valueName: "file|id"))
  var sounds: [SeedArgument]

  @Option(
    name: .short, parsing: .unconditional,
    help: ArgumentHelp("Tags wanted of each, 1 to 65536.", valueName: "n"))
  var n = 10

  @Flag(name: .long, help: "Print one JSON object.")
  var json = false

  @OptionGroup var connection: ConnectionOptions
  @ParentCommand var root: HarkCommand

  private struct Answers: Encodable {
    var results: [Wire.TagAnswer]
  }

  func validate() throws {
    guard (1...65_536).contains(n) else { throw ValidationError("-n takes 1 to 65536.") }
  }

  func run() async throws {
    let daemon = daemon
    var answers: [Wire.TagAnswer] = []
    var output = Output.standard()
    var failed: ExitStatus?
    for sound in sounds {
      let heard: Wire.TagAnswer
      do {
        heard = try await daemon.tags(of: sound)
      } catch let error as HarkError where sounds.count > 1 && error.code != .unavailable {
        // The others are still worth hearing.
        Output.note("hark: \(error.description)")
        failed = error.code.exitStatus
        continue
      }
      var answer = heard
      for warning in answer.query.audio?.warnings ?? [] { Output.note("hark: note: \(warning)") }
      if answers.isEmpty { note(about: answer) }
      answer.tags = Array(answer.tags.prefix(n))
      answers.append(answer)
      guard !json else { continue }
      if sounds.count > 1 {
        if answers.count > 1 { try output.line() }
        let name = answer.query.filePath?.escaped ?? answer.query.id ?? ""
        try output.line(Terminal.standardOutput.bold(name))
      }
      let report = TagReport(tags: answer.tags)
      for line in report.lines(limit: n, on: .standardOutput) { try output.line(line) }
      try output.flush()
    }
    if json {
      try output.write(try WireJSON.encode(Answers(results: answers)))
      try output.line()
    }
    try output.flush()
    if let failed { throw EndedWith(failed) }
  }

  /// What is to be known of the model, once.
  private func note(about answer: Wire.TagAnswer) {
    if answer.tags.isEmpty {
      Output.note("hark: the model \(answer.query.model.name) gives no tags")
    } else if !answer.query.model.trained {
      Output.note("hark: note: untrained weights: tags mean nothing yet")
    }
  }
}
