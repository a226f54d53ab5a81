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
}
