import API
import ArgumentParser
import Core
import SystemPackage

/// `hark identify`.
struct IdentifyCommand: DaemonCommand {
  static let configuration = CommandConfiguration(
    commandName: "identify",
    abstract: "Say what recording an excerpt comes from, and where in it.",
    discussion: """
      Noise, rooms, codecs and other speeds may have changed the excerpt. Where hark is not sure it \
      names nothing and says why: too short, silence, or no match. A file outside the library is \
      sent to the daemon, which listens to it on the spot and does not keep it.

      With - the audio comes from standard input. WAV and raw samples (--raw) are answered as soon \
      as the answer is sure, however long they go on: the last ten minutes are kept. Any other \
      format is answered at its end.

      With --all a file of the library is not named in itself, so that a mix is told by what it is \
      made of. Another copy of the whole mix is named beside that.

      The table says when the recording is heard in the excerpt, where in the recording that is, \
      and how fast it runs there. With --json the answer is {"query": …, "reason"?: …, "results": \
      [{"path": …, "id": …, "offset": …, "speed": …, "pitch": …, "matched": …, "confidence": …, \
      "expected_false_matches": …, "intervals": […]}]}; offset is the recording's time, in \
      seconds, at the excerpt's time 0.

      EXAMPLES
        hark identify clip.wav
        hark identify --all radio-show.mp3
        arecord -f cd -t wav | hark identify -
        ffmpeg -i video.mkv -f s16le -ac 1 -ar 16000 - | hark identify - --raw 16000
      """)

  @Argument(
    help: ArgumentHelp("A file, a recording's id, or - for standard input.", valueName: "file|id|-")
  )
  var sound: SeedArgument

  @Flag(
    name: .long,
    help: "Name everything that is heard, one recording after another or several at once.")
  var all = false

  @Option(
    name: .long,
    help: ArgumentHelp(
      "Standard input holds 16-bit little-endian samples of this rate.", valueName: "hertz"))
  var raw: Int?

  @Option(name: .long, help: ArgumentHelp("Channels of --raw.", valueName: "n"))
  var channels = 1

  @Flag(name: .long, help: "Print one JSON object.")
  var json = false

  @OptionGroup var connection: ConnectionOptions
  @ParentCommand var root: HarkCommand

  private var isFromStandardInput: Bool {
    guard case .file(let file) = sound else { return false }
    return file.path.bytes.elementsEqual("-".utf8)
  }

  func validate() throws {
    guard raw == nil || isFromStandardInput else {
      throw ValidationError("--raw goes with - for standard input.")
    }
    guard (4_000...384_000).contains(raw ?? 16_000) else {
      throw ValidationError("--raw takes 4000 to 384000.")
    }
    guard (1...64).contains(channels) else { throw ValidationError("--channels takes 1 to 64.") }
  }

  func run() async throws {
    let expect = all ? 1_000 : nil
    let answer: Wire.IdentifyAnswer
    if isFromStandardInput {
      var audio = ArrivingAudio(
        .standardInput,
        raw: raw.map { ArrivingAudio.RawFormat(sampleRate: $0, channels: channels) })
      answer = try await daemon.identify(&audio, expect: expect)
    } else {
      answer = try await daemon.identify(sound, expect: expect)
    }
    for warning in answer.query.audio?.warnings ?? [] where !isFromStandardInput {
      Output.note("hark: note: \(warning)")
    }
    var output = Output.standard()
    if json {
      try output.write(try WireJSON.encode(answer))
      try output.line()
    } else {
      for line in IdentifyReport(answer).lines(on: .standardOutput) { try output.line(line) }
      if let reason = answer.reason { Output.note("hark: nothing is named: \(reason)") }
    }
    try output.flush()
  }
}
