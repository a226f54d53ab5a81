import API
import ArgumentParser
import Core

/// `hark status`.
struct StatusCommand: DaemonCommand {
  static let configuration = CommandConfiguration(
    commandName: "status",
    abstract: "Show how the library stands.",
    discussion: """
      Which folders are watched, how many files are analysed, waiting, failed or offline, with \
      which model, and what the workers do.

      With --wait it returns once every known file is analysed or failed; on a terminal a bar \
      shows how far it is. A daemon that is still starting is waited for, up to ten seconds.

      EXAMPLES
        hark status
        hark status --wait && hark similar song.flac
        hark status --json | jq .files.pending
      """)

  /// How long a daemon may be silent before it counts as gone.
  static let patience = Duration.seconds(10)

  @Flag(name: .long, help: "Print the daemon's answer: one JSON object.")
  var json = false

  @Flag(name: .long, help: "Return once every known file is analysed or failed.")
  var wait = false

  @OptionGroup var connection: ConnectionOptions
  @ParentCommand var root: HarkCommand

  func run() async throws {
    let answer = wait ? try await waitUntilIdle() : try await daemon.answer(to: .status)
    var output = Output.standard()
    if json {
      try output.line(String(decoding: answer, as: UTF8.self))
    } else {
      let status = try WireJSON.decode(Wire.Status.self, from: answer)
      for line in StatusReport(status, terminal: .standardOutput).lines {
        try output.line(line)
      }
    }
    try output.flush()
  }

  /// Asks again and again, more often while little is left.
  private func waitUntilIdle() async throws -> [UInt8] {
    let daemon = daemon
    let clock = ContinuousClock()
    let start = clock.now
    var lastAnswer = start
    var bar = ProgressBar()
    defer { bar.clear() }
    while true {
      do {
        let answer = try await daemon.answer(to: .status)
        let status = try WireJSON.decode(Wire.Status.self, from: answer)
        if status.idle { return answer }
        lastAnswer = clock.now
        let files = status.files
        bar.show(
          "analysing", done: files.analysed + files.failed,
          total: files.analysed + files.failed + files.pending, at: (lastAnswer - start).seconds)
        try await Task.sleep(for: files.pending > 20 ? .milliseconds(500) : .milliseconds(100))
      } catch let error as HarkError where error.code == .unavailable {
        guard clock.now - lastAnswer < Self.patience else { throw error }
        bar.show("waiting for the daemon")
        try await Task.sleep(for: .milliseconds(100))
      }
    }
  }
}

extension Duration {
  /// As a number of seconds.
  var seconds: Double {
    Double(components.seconds) + Double(components.attoseconds) / 1e18
  }
}
