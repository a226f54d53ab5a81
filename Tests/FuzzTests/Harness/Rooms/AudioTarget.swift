import Audio
import CLinux
import Core
import Features
import Foundation
import Glibc
import Peaks
import TestSupport

/// A file that somebody dropped in: decoded, measured, resampled, made log-mel patches and peaks of, as
/// a worker does it.
struct AudioTarget: FuzzTarget {
  static let name = "audio"

  /// Samples at 16 kHz after which a file is long enough: some formats say a minute in a few bytes.
  private static let most = 1 << 20

  private let descriptor: Int32
  private let stream = SampleStream()
  private let assembler = PatchAssembler()

  init() throws {
    let scratch = try Scratch()
    descriptor = open(scratch.path + "/audio", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
    guard descriptor >= 0 else { broken("a file can be made in \(scratch.path)") }
  }

  func take(_ input: [UInt8]) {
    ftruncate(descriptor, 0)
    guard pwrite(descriptor, input, input.count, 0) == input.count else { return }
    assembler.reset()
    let extractor = ConstellationExtractor(FingerprintParameters(), role: .query)
    var samples = 0
    do throws(AnalysisFailure) {
      let file = try AudioFile(descriptor: descriptor)
      let summary = try stream.run(file) { block throws(AnalysisFailure) in
        samples += block.count
        guard samples <= Self.most else { throw AnalysisFailure(.outOfRange, "long enough") }
        extractor.append(block)
        var rest = block
        while let patch = assembler.next(from: &rest) { Self.check(patch) }
      }
      if let patch = assembler.finish().patch { Self.check(patch) }
      Self.check(summary.facts)
      guard extractor.finish().samples == samples else { broken("peaks are of every sample") }
    } catch {}
  }

  private static func check(_ patch: UnsafeBufferPointer<Float>) {
    for value in patch where !value.isFinite { broken("a log-mel value is a finite number") }
  }

  /// What the worker protocol and the daemon rely on.
  private static func check(_ facts: AudioFacts) {
    guard facts.frames > 0, facts.channels > 0, facts.duration > 0, facts.duration.isFinite,
      facts.peak.isFinite, facts.loudness?.isFinite != false, (0...1).contains(facts.silenceShare)
    else { broken("a file's facts are numbers in their ranges: \(facts)") }
  }

  /// A tone as it is most often written; other formats lie in the corpus.
  static func seeds() throws -> [[UInt8]] {
    let samples = (0..<2_000).map { Int16(truncatingIfNeeded: $0 * $0 * 7) }
    let odd: [Float] = [0, 1, -1, .nan, .infinity, 3e38]
    let floats = odd + (0..<1_500).map { Float($0 % 90) / 90 }
    return [
      WAV.pcm16(samples, rate: 8_000, channels: 2, tags: [("INAM", "title"), ("IART", "é")]),
      WAV.float32(floats, rate: 44_100), WAV.pcm16(samples, rate: 16_000),
    ].map { [UInt8]($0) }
  }
}
