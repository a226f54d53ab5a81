import API
import Foundation
import TestSupport
import Testing

extension EndToEnd {
  /// What carries no mark by which libsndfile knows it: there it looks for other files beside it, which
  /// its worker may not open.
  @Suite struct UnmarkedFileTests {
    @Test func anMP3FileNeedsNoTagAndNoiseIsNoAudio() async throws {
      let home = try DaemonProcess.Home()
      let source = Golden.repository.appendingPathComponent("Audio/speech/french.mp3")
      let tagged = try Data(contentsOf: source)
      try #require(tagged.starts(with: Array("ID3".utf8)))
      let length = 10 + tagged[6..<10].reduce(0) { $0 << 7 | Int($1) }
      try Clip.write(tagged, home.folder.appendingPathComponent("tagged.mp3"))
      try Clip.write(
        Data(tagged.dropFirst(length)), home.folder.appendingPathComponent("untagged.mp3"))
      var random = SplitMix64(seed: 77)
      let noise = Data((0..<100_000).map { _ in UInt8(truncatingIfNeeded: random.next()) })
      try Clip.write(noise, home.folder.appendingPathComponent("noise.wav"))

      let daemon = try await DaemonProcess.start(home)
      try await daemon.untilIdle()
      try await eventually("all three are looked at") { try await daemon.files().count == 3 }
      try await daemon.untilIdle()
      let plain = try #require(try await daemon.file("untagged.mp3"))
      #expect(plain.state == .analysed, "\(plain)")
      #expect(try await daemon.file("tagged.mp3")?.state == .analysed)
      let failed = try #require(try await daemon.file("noise.wav"))
      #expect(failed.failure?.code == "notAudio", "\(failed)")
      #expect(try await daemon.status().workers.allSatisfy { $0.restarts == 0 })
      #expect(try await daemon.stop() == 0)
    }
  }
}
