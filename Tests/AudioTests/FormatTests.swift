import Audio
import Core
import Foundation
import TestSupport
import Testing

private let hasPrograms = ["sox", "flac", "lame", "oggenc", "opusenc"].allSatisfy {
  FileManager.default.isExecutableFile(atPath: "/usr/bin/" + $0)
}

/// Real files of every kind that Debian's programs write.
@Suite(.enabled(if: hasPrograms, "needs sox, flac, lame, vorbis-tools, opus-tools"))
struct FormatTests {
  private let directory: TemporaryDirectory
  private let source: URL
  private let pcm: [Int16]

  init() throws {
    directory = try TemporaryDirectory()
    source = directory("source.wav")
    // 2 s, 44.1 kHz, stereo: a chord that decays, with unlike channels.
    pcm = (0..<176_400).map { index in
      let (t, side) = (Double(index / 2) / 44_100, index % 2)
      let tone = sin(2 * .pi * (side == 0 ? 440 : 554) * t) + 0.5 * sin(2 * .pi * 1320 * t)
      return Int16(12_000 * tone * exp(-t))
    }
    try WAV.pcm16(pcm, rate: 44_100, channels: 2).write(to: source)
  }

  private func make(_ program: String, _ arguments: [String], _ name: String) throws -> URL {
    let target = directory(name)
    let filled = arguments.map {
      $0.replacingOccurrences(of: "IN", with: source.path)
        .replacingOccurrences(of: "OUT", with: target.path)
    }
    try #require(run(program, filled), "\(program) \(filled)")
    return target
  }

  /// How well `samples` match the source's own 16 kHz downmix, as a correlation.
  private func likeness(_ samples: [Float]) throws -> Double {
    let reference = try decode(source).samples
    let count = min(samples.count, reference.count)
    var (xy, xx, yy) = (0.0, 0.0, 0.0)
    for index in 0..<count {
      let (x, y) = (Double(samples[index]), Double(reference[index]))
      (xy, xx, yy) = (xy + x * y, xx + x * x, yy + y * y)
    }
    return xy / (xx * yy).squareRoot()
  }

  static let formats: [(program: String, arguments: [String], name: String, container: String)] = [
    ("sox", ["IN", "OUT"], "a.aiff", "AIFF"),
    ("sox", ["IN", "OUT"], "a.aifc", "AIFF"),
    ("sox", ["IN", "OUT"], "a.au", "AU"),
    ("sox", ["IN", "OUT"], "a.caf", "CAF"),
    ("sox", ["IN", "OUT"], "a.w64", "W64"),
    ("sox", ["IN", "OUT"], "a.paf", "PAF"),
    ("sox", ["IN", "OUT"], "a.sph", "WAV (NIST"),
    ("sox", ["IN", "-t", "ircam", "OUT"], "a.sf", "SF"),
    ("sox", ["IN", "OUT"], "a.mat4", "MAT4"),
    ("sox", ["IN", "OUT"], "a.mat5", "MAT5"),
    ("sox", ["IN", "OUT"], "a.pvf", "PVF"),
    ("sox", ["IN", "-c", "1", "-r", "16k", "OUT"], "a.htk", "HTK"),
    ("sox", ["IN", "-r", "44100", "OUT"], "a.voc", "VOC"),
    ("sox", ["IN", "-e", "ima-adpcm", "OUT"], "ima.wav", "WAV"),
    ("sox", ["IN", "-e", "ms-adpcm", "OUT"], "ms.wav", "WAV"),
    ("sox", ["IN", "-c", "1", "-r", "8k", "-e", "gsm-full-rate", "OUT"], "gsm.wav", "WAV"),
    ("sox", ["IN", "-e", "mu-law", "OUT"], "ulaw.wav", "WAV"),
    ("sox", ["IN", "-e", "a-law", "OUT"], "alaw.au", "AU"),
    ("sox", ["IN", "-b", "24", "OUT"], "24.wav", "WAV"),
    ("flac", ["-s", "IN", "-o", "OUT"], "a.flac", "FLAC"),
    ("lame", ["--quiet", "-b", "192", "IN", "OUT"], "cbr.mp3", "MPEG"),
    ("lame", ["--quiet", "-V2", "IN", "OUT"], "vbr.mp3", "MPEG"),
    ("lame", ["--quiet", "-b", "24", "--resample", "8", "-m", "m", "IN", "OUT"], "25.mp3", "MPEG"),
    ("oggenc", ["-Q", "IN", "-o", "OUT"], "a.ogg", "OGG"),
    ("opusenc", ["--quiet", "IN", "OUT"], "a.opus", "OGG"),
  ]

  @Test(arguments: formats)
  func decodes(
    format: (program: String, arguments: [String], name: String, container: String)
  ) throws {
    let file = try make(format.program, format.arguments, format.name)
    // By content: no name reaches the decoder at all.
    let decoded = try decode(file)
    #expect(decoded.facts.container.hasPrefix(format.container), "\(decoded.facts)")
    #expect(decoded.facts.warnings == [])
    #expect(abs(decoded.facts.duration - 2) < 0.05, "\(decoded.facts)")
    let likeness = try likeness(decoded.samples)
    #expect(likeness > 0.98, "\(decoded.facts)")
  }

  /// libsndfile 1.2.0 cannot read what FLAC 1.4 writes; later ones may.
  @Test func flacInOggIsDecodedOrNamed() throws {
    let file = try make("flac", ["-s", "--ogg", "IN", "-o", "OUT"], "a.oga")
    do {
      #expect(try decode(file).recording == decode(source).recording)
    } catch let failure as AnalysisFailure {
      #expect(failure.code == .unsupported)
      #expect(failure.message.contains("FLAC in an Ogg file"))
    }
  }

  @Test func everyVBRFrameIsHeardWithoutAnIndex() throws {
    // Without a Xing header the number of frames can only be guessed from the file's size: noise
    // after near silence makes the guess far too small.
    let samples = [Int16](repeating: 1, count: 44_100 * 4) + noise(44_100 * 6)
    try WAV.pcm16(samples, rate: 44_100).write(to: source)
    let file = try make("lame", ["--quiet", "-V2", "-t", "IN", "OUT"], "a.mp3")
    let decoded = try decode(file)
    #expect(abs(decoded.facts.duration - 10) < 0.1, "\(decoded.facts)")
    #expect(decoded.facts.warnings == [])
  }

  @Test(arguments: [
    (
      "flac",
      ["-s", "-T", "TITLE=Tïtle", "-T", "ARTIST=A", "-T", "ALBUM=B", "-T", "DATE=1997"]
        + ["-T", "TRACKNUMBER=3", "IN", "-o", "OUT"]
    ),
    (
      "oggenc",
      ["-Q", "-t", "Tïtle", "-a", "A", "-l", "B", "-d", "1997", "-N", "3"]
        + ["IN", "-o", "OUT"]
    ),
    (
      "opusenc",
      ["--quiet", "--title", "Tïtle", "--artist", "A", "--album", "B"]
        + ["--date", "1997", "--comment", "tracknumber=3", "IN", "OUT"]
    ),
    (
      "lame",
      ["--quiet", "--id3v2-only", "--tt", "Tïtle", "--ta", "A", "--tl", "B"]
        + ["--ty", "1997", "--tn", "3", "IN", "OUT"]
    ),
    (
      "lame",
      ["--quiet", "--id3v1-only", "--tt", "Tïtle", "--ta", "A", "--tl", "B"]
        + ["--ty", "1997", "--tn", "3", "IN", "OUT"]
    ),
  ])
  func metadataIsRead(program: String, arguments: [String]) throws {
    let metadata = try decode(try make(program, arguments, "tagged")).metadata
    #expect(metadata.title == "Tïtle")
    #expect(metadata.artist == "A")
    #expect(metadata.album == "B")
    #expect(metadata.date == "1997")
    #expect(metadata.track == "3")
  }

  @Test func aFileCutShortSaysSo() throws {
    for name in ["a.flac", "a.mp3", "a.aiff"] {
      let program = ["a.flac": "flac", "a.mp3": "lame", "a.aiff": "sox"][name] ?? ""
      let arguments =
        [
          "a.flac": ["-s", "IN", "-o", "OUT"], "a.mp3": ["--quiet", "IN", "OUT"],
          "a.aiff": ["IN", "OUT"],
        ][name] ?? []
      let whole = try Data(contentsOf: make(program, arguments, name))
      let decoded = try decode(whole.prefix(whole.count * 6 / 10))
      #expect((0.8...1.6).contains(decoded.facts.duration), "\(name): \(decoded.facts)")
      let isWarned = decoded.facts.warnings.contains { $0.contains("of the 2.0 s") }
      #expect(isWarned, "\(name): \(decoded.facts)")
    }
  }

  @Test func junkAroundMPEGFramesIsSkipped() throws {
    let file = try make("lame", ["--quiet", "-b", "128", "--tt", "T", "IN", "OUT"], "a.mp3")
    let clean = try Data(contentsOf: file)
    let whole = try decode(clean)
    let tag = 10 + clean[6..<10].reduce(0) { $0 << 7 | Int($1) }
    let padded = clean.prefix(tag) + Data(count: 3000) + clean.dropFirst(tag)
    let decoded = try decode(padded)
    #expect(decoded.recording == whole.recording)
    #expect(decoded.metadata.title == "T")
    let damaged =
      clean.prefix(clean.count / 2) + BadInput.random(9000, seed: 21)
      + clean.dropFirst(clean.count / 2)
    let rest = try decode(damaged)
    #expect(abs(rest.facts.duration - 2) < 0.5, "\(rest.facts)")
    #expect(try abs(decode(clean + clean).facts.duration - 4) < 0.5)
  }

  @Test func aTagBeforeFLACIsSkipped() throws {
    let clean = try Data(contentsOf: make("flac", ["-s", "IN", "-o", "OUT"], "a.flac"))
    let tag = Data("ID3".utf8) + [4, 0, 0, 0, 0, 2, 0] + Data(count: 256)
    #expect(try decode(tag + clean).recording == decode(clean).recording)
    #expect(try decode(tag + tag + clean).recording == decode(source).recording)
  }

  /// Mutated real files: whatever comes of it, it comes soon, and as an outcome.
  @Test(arguments: 0..<4 as Range<UInt64>)
  func mutatedFilesHaveAnOutcome(seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let short = Array(pcm.prefix(8_820))
    try WAV.pcm16(short, rate: 44_100, channels: 2).write(to: source)
    let files = try [
      try Data(contentsOf: source),
      Data(contentsOf: make("sox", ["IN", "OUT"], "a.aiff")),
      Data(contentsOf: make("flac", ["-s", "IN", "-o", "OUT"], "a.flac")),
      Data(contentsOf: make("lame", ["--quiet", "IN", "OUT"], "a.mp3")),
      Data(contentsOf: make("oggenc", ["-Q", "IN", "-o", "OUT"], "a.ogg")),
      Data(contentsOf: make("opusenc", ["--quiet", "IN", "OUT"], "a.opus")),
    ]
    for _ in 0..<6 {
      for file in files {
        var data = file
        for _ in 0..<Int.random(in: 1...12, using: &random) {
          // Headers are hit more often than their share.
          let limit = Bool.random(using: &random) ? min(200, data.count) : data.count
          data[Int.random(in: 0..<limit, using: &random)] = UInt8.random(
            in: 0...255, using: &random)
        }
        if Int.random(in: 0..<4, using: &random) == 0 {
          data = data.prefix(Int.random(in: 1...data.count, using: &random))
        }
        guard let decoded = try? decode(data) else { continue }
        #expect(decoded.facts.frames > 0)
        #expect(decoded.facts.peak.isFinite)
        let isFinite = decoded.samples.allSatisfy(\.isFinite)
        #expect(isFinite)
      }
    }
  }
}
