import Audio
import TestSupport
import Testing

@Suite struct DownmixerTests {
  @Test(arguments: [1, 2, 3, 4, 5, 6, 8, 17, 255, 1024], [0, 1, 3, 4, 7, 101])
  func isTheMeanOfTheChannels(channels: Int, frames: Int) {
    var random = SplitMix64(seed: UInt64(channels * 1000 + frames))
    let samples = random.vector(channels * frames)
    var mono = [Float](repeating: .nan, count: frames)
    samples.withUnsafeBufferPointer { source in
      mono.withUnsafeMutableBufferPointer {
        Downmixer.downmix(source, channels: channels, into: $0)
      }
    }
    for frame in 0..<frames {
      let row = samples[frame * channels..<(frame + 1) * channels]
      let mean = row.reduce(0) { $0 + Double($1) } / Double(channels)
      #expect(abs(Double(mono[frame]) - mean) < 1e-6)
    }
  }

  @Test func manyChannelsComeThroughTheWholePass() throws {
    let channels = 1024
    let pcm = noise(channels * 600)
    let decoded = try decode(WAV.pcm16(pcm, rate: 16_000, channels: channels))
    #expect(decoded.facts.channels == channels)
    #expect(decoded.samples.count == 600)
    for frame in [0, 1, 255, 256, 599] {
      let row = pcm[frame * channels..<(frame + 1) * channels]
      let mean = row.reduce(0) { $0 + Double($1) } / 32_768 / Double(channels)
      #expect(abs(Double(decoded.samples[frame]) - mean) < 1e-6)
    }
  }
}
