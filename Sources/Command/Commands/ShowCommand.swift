import API
import ArgumentParser
import Core

/// `hark show`.
struct ShowCommand: DaemonCommand {
  static let configuration = CommandConfiguration(
    commandName: "show",
    abstract: "Show what the library knows about a file or a recording.",
    discussion: """
      A recording is one piece of audio, whatever files hold it: all of them are listed. A \
      recording's id is 64 hexadecimal digits; a file of such a name is reached as ./NAME. Of its \
      tags the five best are shown whose score is above 0.1. With --json the answer is \
      {"file": …, "recording": …, "tags": …}, with all tags; what there is none of is absent.

      EXAMPLES
        hark show song.flac
        hark show song.flac --json | jq .recording.loudness
      """)

  @Argument(help: ArgumentHelp("A file, or a recording's id.", valueName: "file|id"))
  var what: SeedArgument

  @Flag(name: .long, help: "Print one JSON object.")
  var json = false

  @OptionGroup var connection: ConnectionOptions
  @ParentCommand var root: HarkCommand

  private struct Answer: Encodable {
    var file: Wire.File?
    var recording: Wire.Recording?
    var tags: [Wire.Tag]?
  }

  func run() async throws {
    let daemon = daemon
    var answer = Answer()
    switch what {
    case .recording(let id):
      answer.recording = try await daemon.recording(id.description)
    case .file(let argument):
      guard let file = try await daemon.file(named: argument) else {
        throw HarkError.notInLibrary(argument)
      }
      answer.file = file
      if let id = file.id { answer.recording = try await daemon.recording(id) }
    }
    if let id = answer.recording?.id { answer.tags = try await tags(of: id, daemon) }
    var output = Output.standard()
    if json {
      try output.write(try WireJSON.encode(answer))
      try output.line()
    } else {
      let report = RecordingReport(
        file: answer.file, recording: answer.recording, tags: answer.tags,
        terminal: .standardOutput)
      for line in report.lines { try output.line(line) }
    }
    try output.flush()
  }

  /// `nil` where there is nothing to make them of now: everything else can be shown all the same.
  private func tags(of id: String, _ daemon: Daemon) async throws -> [Wire.Tag]? {
    do {
      return try await daemon.tags(ofRecording: id).tags
    } catch let error as HarkError where error.code == .unavailable {
      return nil
    }
  }
}

extension HarkError {
  /// A file that the library does not know.
  static func notInLibrary(_ argument: PathArgument) -> HarkError {
    HarkError(
      .notFound, "the library knows no file \(argument.absolute().escaped)",
      remedy: "`hark status` lists the folders that are watched, and whether a scan is under way")
  }
}
