import API
import ArgumentParser
import Core
import Fingerprint
import NIOPosix
import SystemPackage
import Workers

/// `hark align`.
struct AlignCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "align",
    abstract: "Lay two recordings of the same event beside each other.",
    discussion: """
      Two microphones at one concert, a camera and a recorder, two transfers of one tape: says where \
      the one lies in the other, and how far their clocks run apart. Starts workers of its own and \
      needs no daemon. Where nothing is heard in both, it says so and names no offset.

      With --json the answer is {"first": …, "second": …, "offset": …, "speed": …, "drift": …}: \
      offset is the second file's time, in seconds, at the first one's time 0; speed is how many \
      seconds of the second pass in one of the first; drift is the same in parts per million above 1. \
      The intervals in first and second are the stretches in which both are heard, in seconds.

      EXAMPLES
        hark align recorder.wav camera.wav
        hark align left.flac right.flac --json | jq .offset
      """)

  @Argument(help: ArgumentHelp("A file.", valueName: "a"))
  var first: PathArgument

  @Argument(help: ArgumentHelp("A file of the same event.", valueName: "b"))
  var second: PathArgument

  @Flag(name: .long, help: "Print one JSON object.")
  var json = false

  func run() async throws {
    for file in [first, second] { try InputFile.check(file.path) }
    let answer = try await LocalWorkers.run(models: [], count: 2) { pool in
      var bar = ProgressBar()
      defer { bar.clear() }
      bar.show("listening to both")
      async let one = Self.constellation(of: first, pool)
      async let other = Self.constellation(of: second, pool)
      let (a, b) = try await (one, other)
      bar.show("comparing")
      return AlignAnswer(
        first: first.absolute(), second: second.absolute(),
        try await Self.synchronise(a, b))
    }
    var output = Output.standard()
    if json {
      try output.write(try WireJSON.encode(answer))
      try output.line()
    } else {
      for line in AlignReport(answer).lines { try output.line(line) }
      if let reason = answer.reason { Output.note("hark: they cannot be aligned: \(reason)") }
    }
    try output.flush()
  }

  private static func constellation(
    of file: PathArgument, _ pool: WorkerPool
  ) async throws(HarkError) -> Constellation {
    let request = AnalysisRequest(models: [], constellation: .query)
    let analysis = try await pool.analyse(fileAt: file.path, request)
    guard let constellation = analysis.constellation else {
      throw HarkError(.defect, "\(file.path.escaped) was analysed without its peaks")
    }
    return constellation
  }

  /// On a thread that may block, since it takes seconds.
  private static func synchronise(
    _ first: Constellation, _ second: Constellation
  ) async throws -> Synchronisation.Result {
    try await NIOThreadPool.singleton.runIfActive {
      Synchroniser(FingerprintParameters()).synchronise(first, second)
    }
  }
}
