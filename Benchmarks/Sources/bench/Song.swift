import CSndfile
import Core
import SystemPackage

/// Sound made from a seed: chords that change, a bass, noise bursts for drums, some vibrato. It is
/// music enough for the decoder, and the network's speed does not depend on what it hears.
struct Song {
  var sampleRate = 44_100
  var channels = 2
  var seconds: Double
  var seed: UInt64

  enum Format {
    case flac
    case wav

    fileprivate var code: Int32 {
      Int32(SF_FORMAT_PCM_16) | Int32(self == .flac ? SF_FORMAT_FLAC : SF_FORMAT_WAV)
    }
  }

  /// Writes the song through libsndfile, a second at a time; the file is closed when this returns.
  func write(_ format: Format, to path: FilePath) throws {
    var info = SF_INFO()
    info.samplerate = Int32(sampleRate)
    info.channels = Int32(channels)
    info.format = format.code
    guard let handle = path.withPlatformString({ sf_open($0, Int32(SFM_WRITE), &info) }) else {
      throw HarkError(
        .system, "cannot write \(path.escaped)", cause: String(cString: sf_strerror(nil)))
    }
    defer { sf_close(handle) }
    var generator = SeededGenerator(seed: seed)
    var block = [Float](repeating: 0, count: sampleRate * channels)
    let frames = Int((seconds * Double(sampleRate)).rounded())
    for start in stride(from: 0, to: frames, by: sampleRate) {
      fill(&block, &generator)
      let count = min(sampleRate, frames - start)
      guard sf_writef_float(handle, block, sf_count_t(count)) == count else {
        throw HarkError(
          .noSpace, "cannot write \(path.escaped)", cause: String(cString: sf_strerror(handle)))
      }
    }
  }

  /// One second: a chord of three notes, four beats.
  private func fill(_ block: inout [Float], _ generator: inout SeededGenerator) {
    let root = 110 * Self.power(Float(Int.random(in: 0..<24, using: &generator)) / 12)
    let notes: [Float] = [root, root * 1.2599, root * 1.4983, root / 2]
    var sines = [Float](repeating: 0, count: notes.count)
    var cosines = [Float](repeating: 1, count: notes.count)
    // Each note is a rotation by a constant angle a frame (small angles: no series is needed).
    let angles = notes.map { 2 * Float.pi * $0 / Float(sampleRate) }
    for frame in 0..<sampleRate {
      let beat = Float(frame % (sampleRate / 4)) / Float(sampleRate / 4)
      var sample: Float = 0
      for index in notes.indices {
        // The "magic circle" oscillator: stable, and two multiplications a frame.
        cosines[index] -= angles[index] * sines[index]
        sines[index] += angles[index] * cosines[index]
        sample += 0.12 * sines[index]
      }
      let decay = (1 - beat) * (1 - beat)
      for channel in 0..<channels {
        let noise = generator.signed() * 0.25 * decay * decay
        let width: Float = channel == 0 ? 1 : 0.8
        block[frame * channels + channel] = sample * width * (0.4 + 0.6 * decay) + noise
      }
    }
  }

  /// 2 to the power of `octaves`.
  private static func power(_ octaves: Float) -> Float {
    var result: Float = 1
    for _ in 0..<Int((octaves * 12).rounded()) { result *= 1.059_463_1 }
    return result
  }
}
