import Foundation

/// Writes RIFF/WAVE files for tests, independently of libsndfile.
public enum WAV {
  /// Interleaved 16-bit samples. `tags` become a LIST/INFO chunk (`INAM`, `IART`, `IPRD`, `ICRD`).
  public static func pcm16(
    _ samples: [Int16], rate: Int, channels: Int = 1, tags: [(String, String)] = []
  ) -> Data {
    var body = Data()
    for sample in samples {
      body.append(UInt8(truncatingIfNeeded: sample))
      body.append(UInt8(truncatingIfNeeded: sample >> 8))
    }
    return file(format: 1, bits: 16, rate: rate, channels: channels, body: body, tags: tags)
  }

  /// Interleaved 32-bit floating-point samples.
  public static func float32(_ samples: [Float], rate: Int, channels: Int = 1) -> Data {
    let body = samples.withUnsafeBytes { Data($0) }
    return file(format: 3, bits: 32, rate: rate, channels: channels, body: body, tags: [])
  }

  /// A mono 16-bit sine of `seconds`.
  public static func tone(
    _ hertz: Double, seconds: Double, rate: Int = 16_000, amplitude: Double = 0.5
  ) -> Data {
    let count = Int(seconds * Double(rate))
    return pcm16(
      (0..<count).map {
        Int16(amplitude * 32_767 * sin(2 * .pi * hertz * Double($0) / Double(rate)))
      }, rate: rate)
  }

  private static func file(
    format: Int, bits: Int, rate: Int, channels: Int, body: Data, tags: [(String, String)]
  ) -> Data {
    var chunks = Data("WAVE".utf8)
    var fmt = Data()
    fmt.append(contentsOf: little(format, 2) + little(channels, 2) + little(rate, 4))
    fmt.append(contentsOf: little(rate * channels * bits / 8, 4))
    fmt.append(contentsOf: little(channels * bits / 8, 2) + little(bits, 2))
    chunks.append(chunk("fmt ", fmt))
    if !tags.isEmpty {
      var info = Data("INFO".utf8)
      for (name, text) in tags { info.append(chunk(name, Data(text.utf8) + [0])) }
      chunks.append(chunk("LIST", info))
    }
    chunks.append(chunk("data", body))
    return chunk("RIFF", chunks)
  }

  private static func chunk(_ name: String, _ body: Data) -> Data {
    var data = Data(name.utf8) + little(body.count, 4) + body
    if body.count % 2 == 1 { data.append(0) }
    return data
  }

  private static func little(_ value: Int, _ bytes: Int) -> [UInt8] {
    (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }
}
