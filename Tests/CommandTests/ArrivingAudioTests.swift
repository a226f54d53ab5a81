import API
import Core
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Command

@Suite struct ArrivingAudioTests {
  /// Such as `hark identify - < folder`.
  @Test func whatCannotBeReadIsSaidAndWhatToDo() async throws {
    let directory = try TemporaryDirectory()
    let descriptor = try FileDescriptor.open(FilePath(directory.path), .readOnly)
    defer { try? descriptor.close() }
    var audio = ArrivingAudio(descriptor)
    do {
      _ = try await audio.receive(seconds: nil)
      Issue.record("a directory was read")
    } catch {
      let error = try #require(error as? HarkError, "\(error)")
      #expect(error.message == "standard input cannot be read")
      #expect(error.cause == "Is a directory" && error.remedy?.contains("name a file") == true)
      #expect(error.code.exitStatus == .badInput)
    }
    #expect(audio.bytes.isEmpty)
    withExtendedLifetime(directory) {}
  }

  @Test func aFileComesWhole() async throws {
    let directory = try TemporaryDirectory()
    let bytes = (0..<200_001).map { UInt8(truncatingIfNeeded: $0 &* 7) }
    try Data(bytes).write(to: directory("a"))
    let descriptor = try FileDescriptor.open(FilePath(directory("a").path), .readOnly)
    defer { try? descriptor.close() }
    var audio = ArrivingAudio(descriptor)
    let mayGoOn = try await audio.receive(seconds: nil)
    #expect(!mayGoOn)
    #expect(audio.bytes == bytes)
  }

  /// Such as an end of a pipe that another program reads, too, and has made so: nothing there is no
  /// end.
  @Test func aDescriptorThatDoesNotWaitIsWaitedFor() async throws {
    var ends: [Int32] = [0, 0]
    let made = pipe(&ends)
    try #require(made == 0)
    let (reading, writing) = (
      FileDescriptor(rawValue: ends[0]), FileDescriptor(rawValue: ends[1])
    )
    defer { try? reading.close() }
    let changed = fcntl(ends[0], F_SETFL, O_NONBLOCK)
    try #require(changed == 0)
    let task = Task { () async throws -> [UInt8] in
      var audio = ArrivingAudio(reading)
      _ = try await audio.receive(seconds: nil)
      return audio.bytes
    }
    // Before, between and after: it has nothing to read each time.
    for piece in [[1, 2, 3], [4, 5]] as [[UInt8]] {
      try await Task.sleep(for: .milliseconds(20))
      _ = try writing.writeAll(piece)
    }
    try await Task.sleep(for: .milliseconds(20))
    try writing.close()
    #expect(try await task.value == [1, 2, 3, 4, 5])
  }

  /// 700 s of samples of two bytes, 100 a second: a piece that is read holds 327 s.
  private static let long = (0..<140_000).map { UInt8(truncatingIfNeeded: $0 / 2 &* 31 &+ $0) }
  private static let raw = ArrivingAudio.RawFormat(sampleRate: 100, channels: 1)

  /// What goes on and on is kept as long as an answer may need, with a header before it.
  @Test func theLastMinutesAreKept() async throws {
    let directory = try TemporaryDirectory()
    try Data(Self.long).write(to: directory("a"))
    let descriptor = try FileDescriptor.open(FilePath(directory("a").path), .readOnly)
    defer { try? descriptor.close() }
    var audio = ArrivingAudio(descriptor, raw: Self.raw)
    let header = audio.bytes
    #expect(header.count == 44 && WAVFormat(header)?.samples?.header == header)
    var mayGoOn = try await audio.receive(seconds: 5)
    #expect(mayGoOn && audio.forgottenSeconds == 0)
    #expect(audio.bytes == header + Self.long.prefix(65_536))
    mayGoOn = try await audio.receive(seconds: 640)
    #expect(mayGoOn && abs(audio.forgottenSeconds - 55.36) < 1e-9, "\(audio.forgottenSeconds)")
    #expect(audio.bytes == header + Self.long.prefix(131_072).suffix(120_000))
    #expect(abs((audio.seconds ?? 0) - 655.58) < 1e-9)
    mayGoOn = try await audio.receive(seconds: 5_000)
    #expect(!mayGoOn && audio.forgottenSeconds == 100)
    #expect(audio.bytes == header + Self.long.suffix(120_000))
  }

  /// For a time line all is wanted, and of a coding whose frames are not of one size nothing can be
  /// left out.
  @Test(arguments: [true, false]) func whatIsAllWantedIsKept(isPlain: Bool) async throws {
    let directory = try TemporaryDirectory()
    var file = Data(ArrivingAudio(.standardInput, raw: Self.raw).bytes + Self.long)
    // `fmt `'s coding: 17 is IMA ADPCM.
    if !isPlain { file[20] = 17 }
    try file.write(to: directory("a"))
    let descriptor = try FileDescriptor.open(FilePath(directory("a").path), .readOnly)
    defer { try? descriptor.close() }
    var audio = ArrivingAudio(descriptor)
    let mayGoOn = try await audio.receive(seconds: isPlain ? nil : 5_000)
    #expect(!mayGoOn && audio.bytes == Array(file) && audio.forgottenSeconds == 0)
  }

  /// What is found counts from the beginning of all that came, which is not there any more.
  @Test func anAnswerCountsFromTheBeginning() async throws {
    let heard = try TimeRange(from: 590, to: 600)
    let result = Wire.IdentifyResult(
      path: "/a", paths: ["/a"],
      id: RecordingID(ContentHash(bytes: [UInt8](repeating: 1, count: 32))!),
      score: 0.1, offset: -500, speed: 2, pitch: 2, matched: 10, confidence: 1,
      expectedFalseMatches: 1e-9, intervals: [heard], duration: 800, metadata: Metadata())
    let echo = Wire.IdentifyEcho(path: "/q", expect: 1, duration: 600)
    let none = try WireJSON.encode(
      Wire.IdentifyAnswer(query: echo, reason: "no match", results: []))
    let found = try WireJSON.encode(
      Wire.IdentifyAnswer(query: echo, reason: nil, results: [result]))
    let server = try await TestServer { request in
      let isCut = request.body.count == 120_044
      return TestServer.Response(200, "application/json", isCut ? found : none)
    }
    let directory = try TemporaryDirectory()
    try Data(Self.long).write(to: directory("a"))
    let descriptor = try FileDescriptor.open(FilePath(directory("a").path), .readOnly)
    defer { try? descriptor.close() }
    var audio = ArrivingAudio(descriptor, raw: Self.raw)
    let daemon = Daemon(location: SocketLocation([server.socket]))
    let answer = try await daemon.identify(&audio, expect: nil)
    let moved = try #require(answer.results.first)
    let gone = audio.forgottenSeconds
    #expect(gone > 50 && server.requests.count > 1)
    #expect(abs(moved.offset - (-500 - 2 * gone)) < 1e-9, "\(moved)")
    #expect(abs(moved.intervals[0].from - (590 + gone)) < 1e-9, "\(moved)")
    #expect(abs(answer.query.duration - (600 + gone)) < 1e-9)
    #expect(abs(moved.score - 60 / (600 + gone)) < 1e-9)
    try await server.close()
  }

  /// Soon at first; then often where sound plays, and seldom where a file is there at once.
  @Test func questionsComeSoonAndNotTooOften() {
    var (seconds, played) = (2.5, [2.5])
    while seconds < 60 {
      seconds = ArrivingAudio.nextQuestion(after: seconds).least
      played.append(seconds)
    }
    #expect(zip(played, played.dropFirst()).allSatisfy { $1 <= 1.5 * $0 && $1 - $0 < 15.001 })
    #expect(Array(played.prefix(4)) == [2.5, 3.75, 5.625, 8.4375] && played.count < 12)
    for seconds in [2.5, 40, 600, 36_000] {
      let (least, most) = ArrivingAudio.nextQuestion(after: seconds)
      #expect(least <= most && most - seconds <= ArrivingAudio.kept / 2 && most <= 1.5 * seconds)
    }
  }

  /// A WAV file's beginning: its format, 1,000 bytes a second, behind another chunk.
  private static func beginning(
    _ magic: String, other: String, length: Int, isBigEndian: Bool = false
  ) -> [UInt8] {
    func number(_ value: UInt32) -> [UInt8] {
      withUnsafeBytes(of: isBigEndian ? value.bigEndian : value.littleEndian, Array.init)
    }
    let chunk =
      Array(other.utf8) + number(UInt32(length))
      + [UInt8](repeating: 1, count: length + length % 2)
    return Array(magic.utf8) + number(.max) + Array("WAVE".utf8) + chunk + Array("fmt ".utf8)
      + number(16) + [UInt8](repeating: 0, count: 8) + number(1_000)
      + [UInt8](repeating: 0, count: 4)
  }

  /// What can be asked about before its end: the format is found behind other chunks.
  @Test(arguments: [
    (beginning("RIFF", other: "JUNK", length: 27), true),
    (beginning("RF64", other: "ds64", length: 28), true),
    (beginning("BW64", other: "ds64", length: 28), true),
    (beginning("RIFX", other: "LIST", length: 5, isBigEndian: true), true),
    (beginning("RIFX", other: "LIST", length: 5), false),
    (beginning("OggS", other: "JUNK", length: 28), false),
  ]) func aFormatIsFoundBehindOtherChunks(_ beginning: [UInt8], _ isKnown: Bool) async throws {
    let directory = try TemporaryDirectory()
    try Data(beginning + [UInt8](repeating: 0, count: 100_000)).write(to: directory("a"))
    let descriptor = try FileDescriptor.open(FilePath(directory("a").path), .readOnly)
    defer { try? descriptor.close() }
    var audio = ArrivingAudio(descriptor)
    let mayGoOn = try await audio.receive(seconds: 50)
    #expect(mayGoOn == isKnown)
    #expect(audio.bytes.count < 100_000 || !isKnown)
  }

  /// A beginning that is cut anywhere, or whose lengths lie, says nothing.
  @Test func aPartOfAFormatSaysNothing() {
    let whole = Self.beginning("RIFF", other: "JUNK", length: 27)
    for count in 0..<(whole.count - 4) { #expect(WAVFormat(Array(whole.prefix(count))) == nil) }
    #expect(WAVFormat(whole)?.bytesPerSecond == 1_000)
    var huge = whole
    huge.replaceSubrange(16..<20, with: [255, 255, 255, 255])
    #expect(WAVFormat(huge) == nil)
  }
}
