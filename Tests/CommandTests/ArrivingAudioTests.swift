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
