import Core
import Fingerprint
import SystemPackage
import Testing

@testable import Library

@Suite struct DuplicateAssemblyTests {
  /// A recording in one file or several.
  private struct Piece {
    var key: Int64
    var seconds = 200.0
    var silence = 0.0
    var codec = "Signed 16 bit PCM"
    var rate = 44_100
    var channels = 2
    /// Name and bytes of each.
    var files: [(name: String, size: Int64)]
    var title: String?
  }

  private func entries(_ pieces: [Piece]) -> [RecordingKey: RecordingEntry] {
    var entries: [RecordingKey: RecordingEntry] = [:]
    for piece in pieces {
      let hash = [UInt8](repeating: UInt8(piece.key), count: 32)
      guard let id = ContentHash(bytes: hash).map(RecordingID.init) else { continue }
      let files = piece.files.map { file in
        FileEntry(
          path: FilePath("/m/\(file.name)"), state: .analysed, size: file.size, modified: 1,
          recording: id, duration: piece.seconds, container: "C", codec: piece.codec,
          metadata: Metadata(title: piece.title), failure: nil, failureCount: 0, retryAt: nil,
          added: 1)
      }
      entries[RecordingKey(piece.key)] = RecordingEntry(
        id: id,
        facts: AudioFacts(
          duration: piece.seconds, sampleRate: piece.rate, channels: piece.channels,
          frames: Int64(piece.seconds * Double(piece.rate)), container: "C", codec: piece.codec,
          peak: 1, loudness: -20, silenceShare: piece.silence), decoder: "d", added: 1,
        files: files, products: [])
    }
    return entries
  }

  private func pair(
    _ first: Int64, _ second: Int64, _ relation: CopyRelation, offset: Double = 0,
    speed: Double = 1
  ) -> Duplicate {
    Duplicate(
      first: RecordingKey(first), second: RecordingKey(second), relation: relation,
      offset: offset, speed: speed, pitch: speed, firstIntervals: [.init(from: 0, to: 190)],
      secondIntervals: [.init(from: offset, to: offset + speed * 190)], firstCoverage: 1,
      secondCoverage: 1, agreement: 0.8, expectedFalseMatches: 1e-9)
  }

  private func groups(_ pieces: [Piece], _ pairs: [Duplicate]) -> [[String]] {
    DuplicateAssembly(recordings: entries(pieces), pairs: pairs).groups().map {
      $0.files.map { $0.path.lastComponent?.string ?? "" }
    }
  }

  @Test func filesOfOneRecordingAreAGroupAndTheSmallOneIsBest() {
    let twice = Piece(key: 1, files: [("a.wav", 900), ("b.flac", 500)])
    let once = Piece(key: 2, files: [("c.wav", 900)])
    #expect(groups([twice, once], []) == [["b.flac", "a.wav"]])
    let group = DuplicateAssembly(recordings: entries([twice]), pairs: []).groups()[0]
    #expect(group.relation == .sameSamples)
    #expect(group.files[0].correspondence == nil && group.files[0].differences.isEmpty)
    #expect(group.files[1].correspondence?.relation == .sameSamples)
    #expect(group.files[1].differences == [.bitRate])
  }

  @Test func nothingMissingComesBeforeLosslessBeforeBitRate() {
    let mp3 = Piece(
      key: 1, codec: "MPEG Layer III", rate: 48_000, files: [("a.mp3", 8_000)], title: "words")
    let flac = Piece(key: 2, files: [("b.flac", 20_000)])
    let cut = Piece(key: 3, seconds: 190, rate: 96_000, files: [("c.flac", 60_000)])
    let padded = Piece(
      key: 4, seconds: 220, silence: 0.1, codec: "Vorbis", files: [("d.ogg", 9_000)])
    let pairs = [
      pair(1, 2, .sameRecording), pair(3, 2, .trimmed, offset: 3), pair(1, 4, .trimmed),
    ]
    // Padding with silence makes no copy more complete.
    #expect(
      groups([mp3, flac, cut, padded], pairs) == [["b.flac", "a.mp3", "c.flac", "d.ogg"]])
    #expect(groups([mp3, padded], [pair(1, 4, .trimmed)]) == [["d.ogg", "a.mp3"]])
    // A recording that an MP3 decodes to is no better in a WAV file.
    var decoded = Piece(key: 5, codec: "MPEG Layer III", files: [("e.mp3", 8_000)])
    decoded.files.append(("e.wav", 35_000))
    #expect(
      groups([decoded, flac], [pair(5, 2, .sameRecording)]) == [["b.flac", "e.mp3", "e.wav"]])
  }

  @Test func whatIsFasterLacksNothingAndSaysHowFastItIs() throws {
    let slow = Piece(key: 1, seconds: 200, codec: "Vorbis", files: [("slow.ogg", 9_000)])
    let fast = Piece(key: 2, seconds: 200 / 1.03, files: [("fast.flac", 20_000)])
    let group = try #require(
      DuplicateAssembly(
        recordings: entries([slow, fast]), pairs: [pair(2, 1, .spedUp, speed: 1.03)]
      ).groups().first)
    #expect(group.relation == .spedUp && group.files[0].path == "/m/fast.flac")
    let slower = try #require(group.files.last?.correspondence)
    #expect(abs(slower.speed - 1 / 1.03) < 1e-9)
  }

  @Test func whatLacksHalfOfTheSoundIsNotTheBestForBeingLossless() {
    let mp3 = Piece(key: 1, codec: "MPEG Layer III", files: [("a.mp3", 8_000)])
    let telephone = Piece(key: 2, rate: 8_000, channels: 1, files: [("b.wav", 3_200)])
    let mono = Piece(key: 3, channels: 1, files: [("c.flac", 9_000)])
    let pairs = [pair(1, 2, .sameRecording), pair(1, 3, .sameRecording)]
    #expect(groups([mp3, telephone, mono], pairs) == [["a.mp3", "b.wav", "c.flac"]])
    // What no ear hears is no reason: 96 kHz of Vorbis beside 44.1 kHz without loss.
    let high = Piece(key: 4, codec: "Vorbis", rate: 96_000, files: [("d.ogg", 12_000)])
    let flac = Piece(key: 5, files: [("e.flac", 20_000)])
    #expect(groups([high, flac], [pair(4, 5, .sameRecording)]) == [["e.flac", "d.ogg"]])
  }

  @Test func ofEqualsTheOneAtTheSpeedOfMostIsBest() {
    let fast = Piece(key: 1, seconds: 200 / 1.03, files: [("a.flac", 19_420)])
    let plain = Piece(key: 2, files: [("b.flac", 20_001)])
    let other = Piece(key: 3, codec: "Vorbis", files: [("c.ogg", 9_000)])
    let pairs = [pair(1, 2, .spedUp, speed: 1.03), pair(3, 2, .sameRecording)]
    #expect(groups([fast, plain, other], pairs) == [["b.flac", "c.ogg", "a.flac"]])
    // Bit rates that hardly differ are equal.
    let lossy = [fast, plain, other].map { piece in
      var lossy = piece
      lossy.codec = "Vorbis"
      return lossy
    }
    #expect(groups(lossy, pairs)[0][0] == "b.flac")
  }

  @Test func aChainIsFollowedToTheBest() throws {
    let best = Piece(key: 1, files: [("a.flac", 20_000)])
    let middle = Piece(
      key: 2, seconds: 198 / 1.04, codec: "Vorbis", files: [("b.ogg", 9_000)])
    let end = Piece(key: 3, seconds: 180, codec: "Vorbis", files: [("c.ogg", 8_000)])
    let pairs = [pair(2, 1, .spedUp, offset: 2, speed: 1.04), pair(3, 2, .trimmed, offset: 5)]
    let group = try #require(
      DuplicateAssembly(recordings: entries([best, middle, end]), pairs: pairs).groups().first)
    let last = try #require(group.files.last)
    #expect(last.path == "/m/c.ogg")
    let found = try #require(last.correspondence)
    #expect(found.relation == .spedUp && abs(found.offset - (2 + 1.04 * 5)) < 1e-9)
    #expect(abs(found.speed - 1.04) < 1e-9)
    // Speeds that cancel are none.
    let back = [
      pair(2, 1, .spedUp, speed: 1.04), pair(3, 2, .spedUp, speed: 1 / 1.04),
    ]
    let again = try #require(
      DuplicateAssembly(recordings: entries([best, middle, end]), pairs: back).groups().first)
    let cancelled = again.files.first { $0.path == "/m/c.ogg" }
    #expect(cancelled?.correspondence?.relation == .trimmed, "\(again.files.map(\.path))")
  }

  @Test func partsFollowTheirWholeOnceForAllCopies() throws {
    let mix = Piece(key: 1, seconds: 900, files: [("mix.flac", 90_000)])
    let copy = Piece(key: 2, seconds: 900, codec: "Vorbis", files: [("mix.ogg", 20_000)])
    let track = Piece(key: 3, files: [("track.flac", 20_000)])
    let pairs = [
      pair(2, 1, .sameRecording), pair(3, 1, .contained, offset: 300),
      pair(3, 2, .contained, offset: 300), pair(3, 9, .contained),
    ]
    let found = DuplicateAssembly(recordings: entries([mix, copy, track]), pairs: pairs).groups()
    #expect(found.map(\.relation) == [.sameRecording, .contained])
    #expect(found[1].files.map(\.path) == ["/m/mix.flac", "/m/track.flac"])
    #expect(found[1].files[1].correspondence?.offset == 300)
    #expect(found[1].files[1].differences.contains(.length))
  }

  @Test func whatOnlySharesAPartIsNotListed() {
    let pieces = [
      Piece(key: 1, files: [("a.wav", 1)]), Piece(key: 2, files: [("b.wav", 1)]),
    ]
    #expect(groups(pieces, [pair(1, 2, .sharing)]).isEmpty)
  }

  @Test(arguments: [
    ("Signed 16 bit PCM", true), ("32 bit float", true), ("16 bit ALAC", true),
    ("Vorbis", false), ("MPEG Layer III", false), ("Opus", false), ("U-Law", false),
    ("Microsoft ADPCM", false), ("GSM 6.10", false), ("16 bit DPCM", true),
  ]) func whichCodecsLoseNothing(codec: String, isLossless: Bool) {
    #expect(CopyQuality.isLossless(codec: codec) == isLossless)
  }
}

/// A few bytes of audio in front of a hole of terabytes.
@Suite struct BitRateTests {
  @Test func aSparseFileHasABitRate() {
    let file = FileEntry(
      path: "/a", state: .analysed, size: .max, modified: 0, recording: nil, duration: nil,
      metadata: Metadata(), failure: nil, failureCount: 0, retryAt: nil, added: 0)
    let facts = AudioFacts(
      duration: 1 / 384_000, sampleRate: 384_000, channels: 1, frames: 1, container: "", codec: "",
      peak: 0, loudness: nil, silenceShare: 0)
    #expect(file.bitRate(facts) == 1_000_000_000_000_000)
  }
}
