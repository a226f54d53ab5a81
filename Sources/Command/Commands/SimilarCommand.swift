import API
import ArgumentParser
import Core
import SystemPackage

/// `hark similar`.
struct SimilarCommand: DaemonCommand {
  static let configuration = CommandConfiguration(
    commandName: "similar",
    abstract: "Find recordings that sound alike.",
    discussion: """
      Several files ask for what they have in common; each --unlike leads away from the one \
      file after it. \
      Scores are cosines from -1 to 1. With --from or --to the query is that stretch of the one \
      file given, and the answer says where in each result it is heard.

      A file that the library does not know is sent to the daemon, which listens to it on the \
      spot and does not keep it. There may be one such file in a query.

      A stretch stands for the segments, 0.96 s each, whose middle lies in it: the mean of them as \
      they are stored, scaled to length 1. Of a stretch that holds no segment's middle, the segment \
      around its own middle is taken.

      Times are seconds (92.5) or m:ss (1:32.5). A recording's id, 64 hexadecimal digits, may \
      stand for a file; a file of such a name is reached as ./NAME.

      EXAMPLES
        hark similar song.flac
        hark similar a.ogg b.ogg --unlike c.ogg -k 20
        hark similar mix.flac --from 1:32 --to 1:45
        hark similar ~/Downloads/clip.mp3 --under ~/Music
        hark similar song.flac -k 50 --m3u > alike.m3u8
      """)

  @Argument(help: ArgumentHelp("Files, or recordings' ids.", valueName: "file|id"))
  var seeds: [SeedArgument]

  @Option(
    name: .short, parsing: .unconditional,
    help: ArgumentHelp("Recordings wanted, 1 to 10000.", valueName: "n"))
  var k = 10

  @Option(name: .long, help: ArgumentHelp("Where the stretch starts.", valueName: "time"))
  var from: TimeArgument?

  @Option(name: .long, help: ArgumentHelp("Where the stretch ends.", valueName: "time"))
  var to: TimeArgument?

  @Option(
    name: .long, parsing: .singleValue,
    help: ArgumentHelp(
      "Lead away from this file or recording; takes one, and is given once for each.",
      valueName: "file|id"))
  var unlike: [SeedArgument] = []

  @Option(
    name: .long, parsing: .singleValue,
    help: ArgumentHelp(
      "Only recordings with a file at or below this folder; may be repeated.", valueName: "dir"),
    completion: .directory)
  var under: [PathArgument] = []

  @OptionGroup var format: ListFormatOptions

  @Flag(name: .customLong("m3u"), help: "Print an extended M3U playlist.")
  var playlist = false

  @OptionGroup var connection: ConnectionOptions
  @ParentCommand var root: HarkCommand

  func validate() throws {
    guard (1...10_000).contains(k) else { throw ValidationError("-k takes 1 to 10000.") }
    if playlist, format.json || format.paths {
      throw ValidationError("--m3u, --json and --paths exclude each other.")
    }
    guard from != nil || to != nil else { return }
    guard seeds.count == 1 else {
      throw ValidationError("--from and --to go with exactly one file.")
    }
    if let to, (from?.seconds ?? 0) >= to.seconds {
      throw ValidationError("--from must come before --to.")
    }
  }

  func run() async throws {
    let query = SeedQuery(
      like: seeds, unlike: unlike, from: from?.seconds, to: to?.seconds,
      under: under.compactMap { $0.candidates().first }, k: k)
    let answer = try await query.ask(daemon)
    var output = Output.standard()
    if format.json {
      try output.line(String(decoding: answer, as: UTF8.self))
    } else {
      let decoded = try WireJSON.decode(Wire.SimilarAnswer.self, from: answer)
      try print(decoded, to: &output)
    }
    try output.flush()
  }

  private func print(_ answer: Wire.SimilarAnswer, to output: inout Output) throws {
    for warning in answer.query.audio?.warnings ?? [] { Output.note("hark: note: \(warning)") }
    if !answer.query.model.trained {
      Output.note("hark: note: \(StatusReport.untrained)")
    }
    let report = SimilarReport(answer)
    if format.paths {
      for path in report.paths { try output.write(path.bytes + [format.terminator]) }
    } else if playlist {
      try output.write(report.playlist)
    } else {
      for line in report.lines(on: .standardOutput) { try output.line(line) }
      if answer.results.isEmpty {
        let isFiltered = !under.isEmpty
        Output.note(
          isFiltered
            ? "hark: nothing else that is analysed lies below the folders given with --under"
            : "hark: nothing else is in the library to compare")
      }
    }
  }
}
