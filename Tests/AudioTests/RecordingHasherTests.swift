import Audio
import Crypto
import Foundation
import TestSupport
import Testing

@Suite struct RecordingHasherTests {
  /// The documented layout, written down once more.
  private func digest(_ samples: [Float], rate: Int, channels: Int) -> String {
    var bytes: [UInt8] = []
    for word in [UInt32(rate), UInt32(channels)] + samples.map(\.bitPattern) {
      for shift in [0, 8, 16, 24] { bytes.append(UInt8(truncatingIfNeeded: word >> shift)) }
    }
    return SHA256.hash(data: bytes).map { String(format: "%02x", $0) }.joined()
  }

  @Test func followsItsLayout() {
    var random = SplitMix64(seed: 1)
    let samples = random.vector(10_001) + [-0.0, .nan, .infinity]
    var hasher = RecordingHasher(sampleRate: 44_100, channels: 2)
    samples.withUnsafeBufferPointer {
      hasher.update(UnsafeBufferPointer(rebasing: $0[..<777]))
      hasher.update(UnsafeBufferPointer(rebasing: $0[777...]))
    }
    #expect(hasher.finalize().description == digest(samples, rate: 44_100, channels: 2))
  }

  @Test func decodedPCMIsHashedAsFloats() throws {
    let pcm = noise(5000)
    let decoded = try decode(WAV.pcm16(pcm, rate: 22_050, channels: 2))
    let floats = pcm.map { Float($0) / 32_768 }
    #expect(decoded.recording.description == digest(floats, rate: 22_050, channels: 2))
  }

  @Test func rateChannelsAndSamplesCount() throws {
    let pcm = noise(6000)
    var other = pcm
    other[5999] ^= 1
    let ids = try [
      WAV.pcm16(pcm, rate: 8000), WAV.pcm16(pcm, rate: 8001),
      WAV.pcm16(pcm, rate: 8000, channels: 2),
      WAV.pcm16(other, rate: 8000),
    ].map { try decode($0).recording }
    #expect(Set(ids).count == 4)
  }

  @Test func tagsDoNotCount() throws {
    let pcm = noise(6000)
    let plain = try decode(WAV.pcm16(pcm, rate: 8000))
    let tagged = try decode(WAV.pcm16(pcm, rate: 8000, tags: [("INAM", "A title")]))
    #expect(plain.recording == tagged.recording)
    #expect(tagged.metadata.title == "A title")
  }

  static let lossless: [(name: String, arguments: [String])] = [
    ("a.aiff", []), ("a.au", []), ("a.caf", []), ("a.w64", []), ("a.flac", ["-C", "8"]),
    ("b.flac", ["--comment", "TITLE=Other"]), ("a.wav", ["-b", "32"]), ("b.wav", ["-b", "24"]),
    ("c.wav", ["-e", "float", "-b", "32"]), ("d.wav", ["-e", "float", "-b", "64"]),
  ]

  @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/sox"), "needs sox"))
  func containersDoNotCount() throws {
    let directory = try TemporaryDirectory()
    let data = WAV.pcm16(noise(40_000), rate: 44_100, channels: 2)
    try data.write(to: directory("source.wav"))
    let id = try decode(data).recording
    var compared = 0
    for (name, arguments) in Self.lossless {
      let target = directory(name)
      guard run("sox", ["-D", directory("source.wav").path] + arguments + [target.path]) else {
        continue
      }
      let decoded = try decode(target)
      #expect(decoded.recording == id, "\(name): \(decoded.facts)")
      compared += 1
    }
    #expect(compared >= 8)
  }
}
