import Core
import Crypto

/// Mints a recording's id while its frames pass by.
///
/// The id is the SHA-256 (FIPS 180-4) over:
///
/// | bytes | what |
/// | --- | --- |
/// | 4 | frames per second, unsigned, little-endian |
/// | 4 | channels, unsigned, little-endian |
/// | 4 · channels · frames | samples, interleaved, IEEE 754 binary32, little-endian |
///
/// Samples are hashed bit for bit as the decoder gives them: -0.0 differs from 0.0, and a NaN keeps
/// its payload, before either is replaced for analysis. Integer PCM of up to 24 bits becomes float
/// exactly, so the same PCM in another container, or losslessly coded, has the same id.
public struct RecordingHasher {
  private var hash = SHA256()

  /// - Parameters:
  ///   - sampleRate: frames per second, > 0.
  ///   - channels: > 0.
  public init(sampleRate: Int, channels: Int) {
    for value in [sampleRate, channels] {
      withUnsafeBytes(of: UInt32(value).littleEndian) { hash.update(bufferPointer: $0) }
    }
  }

  /// Adds interleaved samples: any number, cut anywhere.
  public mutating func update(_ samples: UnsafeBufferPointer<Float>) {
    #if _endian(big)
      for sample in samples {
        withUnsafeBytes(of: sample.bitPattern.littleEndian) { hash.update(bufferPointer: $0) }
      }
    #else
      hash.update(bufferPointer: UnsafeRawBufferPointer(samples))
    #endif
  }

  /// The id of everything added so far.
  public func finalize() -> RecordingID {
    guard let digest = ContentHash(bytes: Array(hash.finalize())) else {
      preconditionFailure("SHA-256 gives 32 bytes")
    }
    return RecordingID(digest)
  }
}
