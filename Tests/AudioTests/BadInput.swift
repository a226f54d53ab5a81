import Audio
import Core
import Foundation
import TestSupport
import Testing

/// Files as they are found in real libraries and should not be: made on the fly, each with what
/// has to come of it.
enum BadInput {
  enum Outcome: Equatable {
    case fails(AnalysisFailure.Code)
    /// Seconds decoded, and a word that a warning has to hold; `nil` for no warning at all.
    case decodes(seconds: Double, warning: String?)
  }

  struct Case: CustomTestStringConvertible, Sendable {
    var name: String
    var outcome: Outcome
    var data: @Sendable () -> Data

    init(_ name: String, _ outcome: Outcome, _ data: @escaping @Sendable () -> Data) {
      self.name = name
      self.outcome = outcome
      self.data = data
    }

    var testDescription: String { name }
  }

  /// 2 s of 16-bit mono noise at 8 kHz: 44 bytes of header and 32,000 of samples.
  static let wav = WAV.pcm16(noise(16_000), rate: 8000)

  static func patched(_ data: Data, at offset: Int, _ bytes: [UInt8]) -> Data {
    var data = data
    data.replaceSubrange(offset..<offset + bytes.count, with: bytes)
    return data
  }

  static func random(_ count: Int, seed: UInt64) -> Data {
    var generator = SplitMix64(seed: seed)
    return Data((0..<count).map { _ in UInt8(truncatingIfNeeded: generator.next()) })
  }

  static let wavCases: [Case] = [
    Case("zero bytes", .fails(.empty)) { Data() },
    Case("cut in the header", .fails(.notAudio)) { wav.prefix(11) },
    Case("cut in the format", .fails(.corrupt)) { wav.prefix(30) },
    Case("cut before the first sample", .fails(.noFrames)) { wav.prefix(44) },
    Case("cut in the middle", .decodes(seconds: 1.25, warning: "1.3 s of the 2.0 s")) {
      wav.prefix(44 + 20_000)
    },
    Case("cut in a sample", .decodes(seconds: 1.25, warning: "of the 2.0 s")) {
      wav.prefix(44 + 20_001)
    },
    Case("without samples", .fails(.noFrames)) { WAV.pcm16([], rate: 8000) },
    Case("one sample", .decodes(seconds: 1.0 / 8000, warning: nil)) {
      WAV.pcm16([1000], rate: 8000)
    },
    Case("one sample at 384 kHz", .decodes(seconds: 1.0 / 384_000, warning: nil)) {
      WAV.pcm16([1000], rate: 384_000)
    },
    Case("silence", .decodes(seconds: 3, warning: nil)) {
      WAV.pcm16([Int16](repeating: 0, count: 24_000), rate: 8000)
    },
    Case("claims no channels", .fails(.corrupt)) { patched(wav, at: 22, [0, 0]) },
    Case("claims 1025 channels", .fails(.corrupt)) { patched(wav, at: 22, [1, 4]) },
    Case("claims 65,535 channels", .fails(.corrupt)) { patched(wav, at: 22, [255, 255]) },
    Case("claims 4 GB, as a pipe leaves it", .decodes(seconds: 2, warning: nil)) {
      patched(wav, at: 40, [255, 255, 255, 255])
    },
    Case(
      "claims no data, as a recorder leaves it that died",
      .decodes(seconds: 2, warning: "never finished")
    ) {
      patched(patched(wav, at: 4, [0, 0, 0, 0]), at: 40, [0, 0, 0, 0])
    },
    Case("has no data, and another chunk behind it", .fails(.noFrames)) {
      Data(patched(wav, at: 40, [0, 0, 0, 0]).prefix(44)) + Data("LIST".utf8) + [8, 0, 0, 0]
        + Data("INFOxxxx".utf8)
    },
    Case("claims 1.9 GB", .decodes(seconds: 2, warning: "header promises")) {
      patched(wav, at: 40, [0, 0, 0, 0x70])
    },
    Case("rate 0", .fails(.corrupt)) { patched(wav, at: 24, [0, 0, 0, 0]) },
    Case("rate 3999", .fails(.outOfRange)) { WAV.pcm16(noise(4000), rate: 3999) },
    Case("rate 4000", .decodes(seconds: 1, warning: nil)) { WAV.pcm16(noise(4000), rate: 4000) },
    Case("rate 44,056", .decodes(seconds: 0.5, warning: nil)) {
      WAV.pcm16(noise(22_028), rate: 44_056)
    },
    Case("rate 384,000", .decodes(seconds: 0.1, warning: nil)) {
      WAV.pcm16(noise(38_400), rate: 384_000)
    },
    Case("rate 384,001", .fails(.outOfRange)) { WAV.pcm16(noise(4000), rate: 384_001) },
    Case("rate 4 GHz", .fails(.outOfRange)) { patched(wav, at: 24, [0, 0, 0, 0x7f]) },
    Case("MP3 in WAV", .fails(.unsupported)) { patched(wav, at: 20, [0x55, 0]) },
  ]

  static let floatCases: [Case] = [
    Case("all NaN", .fails(.notFinite)) {
      WAV.float32([Float](repeating: .nan, count: 8000), rate: 8000)
    },
    Case("all infinite", .fails(.notFinite)) {
      WAV.float32([Float](repeating: -.infinity, count: 8000), rate: 8000)
    },
    Case("one NaN", .decodes(seconds: 1, warning: "1 of 8000 samples")) {
      WAV.float32([.nan] + [Float](repeating: 0.5, count: 7999), rate: 8000)
    },
    Case("absurdly loud", .decodes(seconds: 1, warning: "2 of 8000 samples")) {
      WAV.float32([1e30, -3e38] + [Float](repeating: 0.5, count: 7998), rate: 8000)
    },
  ]

  static let otherCases: [Case] = [
    Case("text", .fails(.notAudio)) { Data("# Notes\nThis is no audio at all.\n".utf8) },
    Case("text that begins with ID3", .fails(.notAudio)) {
      Data("ID3 tags are explained at id3.org, and this is a text.".utf8)
    },
    Case("JPEG", .fails(.notAudio)) { Data([0xff, 0xd8, 0xff, 0xe0]) + random(9000, seed: 1) },
    Case("PNG", .fails(.notAudio)) { Data([0x89, 0x50, 0x4e, 0x47]) + random(9000, seed: 2) },
    Case("PDF", .fails(.notAudio)) { Data("%PDF-1.7\n".utf8) + random(9000, seed: 3) },
    Case("one byte", .fails(.notAudio)) { Data([0xff]) },
    Case("zeros", .fails(.notAudio)) { Data(count: 100_000) },
    Case("0xff", .fails(.notAudio)) { Data(repeating: 0xff, count: 100_000) },
    Case("an MPEG header and noise", .fails(.notAudio)) {
      Data([0xff, 0xfb, 0x90, 0x64]) + random(200_000, seed: 4)
    },
    Case("an ID3 tag and noise", .fails(.notAudio)) {
      Data("ID3".utf8) + [4, 0, 0, 0, 0, 0, 20] + Data(count: 20) + random(200_000, seed: 5)
    },
    Case("an ID3 tag alone", .fails(.notAudio)) {
      Data("ID3".utf8) + [4, 0, 0, 0, 0, 0, 20] + Data(count: 20)
    },
    Case("an ID3 tag that claims 256 MB", .fails(.notAudio)) {
      Data("ID3".utf8) + [4, 0, 0, 127, 127, 127, 127] + random(9000, seed: 6)
    },
    Case("an MPC mark and noise", .fails(.notAudio)) { Data([1, 4]) + random(9000, seed: 7) },
    Case("a FLAC mark and noise", .fails(.corrupt)) {
      Data("fLaC".utf8) + random(9000, seed: 8)
    },
    Case("an Ogg mark and noise", .fails(.corrupt)) {
      Data("OggS".utf8) + random(9000, seed: 9)
    },
    Case("a RIFF of something else", .fails(.notAudio)) {
      Data("RIFF".utf8) + [0, 1, 0, 0] + Data("WEBPVP8 ".utf8) + random(900, seed: 10)
    },
  ]

  static let all = wavCases + floatCases + otherCases

  /// First bytes of formats that are audio and cannot be decoded, and a word of their name.
  static let undecodable: [(bytes: [UInt8], name: String)] = [
    ([0, 0, 0, 32] + "ftypM4A \0\0\0\0".utf8, "MPEG-4 audio"),
    ([0, 0, 0, 32] + "ftypmp42\0\0\0\0".utf8, "MPEG-4"),
    ([0, 0, 0, 20] + "ftypqt  \0\0\0\0".utf8, "QuickTime"),
    ([0x30, 0x26, 0xb2, 0x75, 0x8e, 0x66, 0xcf, 0x11, 0xa6, 0xd9], "Windows Media"),
    (Array("MAC \u{96}\u{f}".utf8), "Monkey's Audio"),
    (Array("wvpk".utf8), "WavPack"),
    (Array("MPCK".utf8), "Musepack"),
    (Array("MP+\u{7}".utf8), "Musepack"),
    (Array("DSD ".utf8), "DSD"),
    (Array("FRM8".utf8), "DSD"),
    ([0x1a, 0x45, 0xdf, 0xa3], "Matroska"),
    (Array("TTA1".utf8), "True Audio"),
    (Array("#!AMR\n".utf8), "AMR"),
    (Array("MThd".utf8), "MIDI"),
    (Array("RIFF\0\0\0\0AVI LIST".utf8), "AVI"),
    (
      Array("OggS".utf8) + [UInt8](repeating: 0, count: 22) + [1, 80] + "Speex   1.2".utf8,
      "Speex"
    ),
  ]
}
