import Audio
import Foundation
import TestSupport
import Testing

@Suite struct LevelMeterTests {
  @Test func fullScaleSineHasKnownLoudness() throws {
    // ITU-R BS.1770: a 0 dBFS sine of 997 Hz in one channel reads -3.01 LUFS.
    let decoded = try decode(WAV.tone(997, seconds: 5, rate: 48_000, amplitude: 1))
    let loudness = try #require(decoded.facts.loudness)
    #expect(abs(loudness - -3.01) < 0.1)
    #expect(abs(decoded.facts.peak - 1) < 1e-3)
    #expect(decoded.facts.silenceShare == 0)
  }

  @Test func silenceHasNoLoudness() throws {
    let decoded = try decode(WAV.pcm16([Int16](repeating: 0, count: 32_000), rate: 8000))
    #expect(decoded.facts.loudness == nil)
    #expect(decoded.facts.peak == 0)
    #expect(decoded.facts.silenceShare == 1)
  }

  @Test func oppositeChannelsAreNotSilent() throws {
    let pcm = (0..<32_000).map { $0 % 2 == 0 ? Int16(8192) : -8192 }
    let decoded = try decode(WAV.pcm16(pcm, rate: 16_000, channels: 2))
    #expect(decoded.facts.peak == 0.25)
    #expect(decoded.facts.silenceShare == 0)
    #expect(decoded.facts.loudness == nil)
  }

  @Test(arguments: [4000, 11_025, 44_100])
  func silenceIsCountedInTenMillisecondBlocks(rate: Int) throws {
    // Loud in the last quarter, and one click that spoils one block of the silent part.
    var pcm = [Int16](repeating: 20, count: 4 * rate)
    for index in 3 * rate..<4 * rate { pcm[index] = index % 2 == 0 ? 9000 : -9000 }
    pcm[rate / 2] = 30_000
    let decoded = try decode(WAV.pcm16(pcm, rate: rate))
    #expect(abs(decoded.facts.silenceShare - (0.75 - 0.01 / 4)) < 0.0005)
    #expect(abs(decoded.facts.peak - 30_000.0 / 32_768) < 1e-9)
  }

  @Test func floatingPointPeaksMayPassFullScale() throws {
    let samples = (0..<20_000).map { Float(3 * sin(Double($0) / 10)) }
    let decoded = try decode(WAV.float32(samples, rate: 16_000))
    #expect(decoded.facts.peak == Double(samples.map(abs).max() ?? 0))
  }
}
