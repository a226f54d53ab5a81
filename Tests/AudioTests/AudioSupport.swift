import Audio
import Core
import Foundation
import TestSupport

#if canImport(Glibc)
  import Glibc
#endif

/// An open descriptor that is closed with its last reference.
final class Descriptor {
  let number: Int32

  init(_ url: URL) throws {
    number = open(url.path, O_RDONLY | O_CLOEXEC)
    guard number >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
  }

  /// An unlinked file.
  init(_ data: Data) throws {
    var template = Array((NSTemporaryDirectory() + "hark-test-XXXXXX").utf8CString)
    number = mkstemp(&template)
    guard number >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    unlink(template)
    try data.withUnsafeBytes { bytes in
      var done = 0
      while done < bytes.count {
        let count = write(number, bytes.baseAddress.map { $0 + done }, bytes.count - done)
        guard count > 0 else { throw POSIXError(.EIO) }
        done += count
      }
    }
  }

  deinit { close(number) }
}

/// Everything that one pass over a file gives.
struct Decoded {
  var recording: RecordingID
  var facts: AudioFacts
  var metadata: Metadata
  /// 16 kHz mono.
  var samples: [Float]
}

func decode(_ data: Data) throws -> Decoded { try decode(Descriptor(data)) }

func decode(_ url: URL) throws -> Decoded { try decode(Descriptor(url)) }

func decode(_ descriptor: Descriptor, with stream: SampleStream = SampleStream()) throws -> Decoded
{
  defer { withExtendedLifetime(descriptor) {} }
  let file = try AudioFile(descriptor: descriptor.number)
  var samples: [Float] = []
  let summary = try stream.run(file) { block throws(AnalysisFailure) in
    samples.append(contentsOf: block)
  }
  return Decoded(
    recording: summary.recording, facts: summary.facts, metadata: file.metadata, samples: samples)
}

/// All interleaved frames, read in blocks of `block` frames.
func readFrames(_ data: Data, block: Int = 1000) throws -> [Float] {
  let descriptor = try Descriptor(data)
  defer { withExtendedLifetime(descriptor) {} }
  let file = try AudioFile(descriptor: descriptor.number)
  var all: [Float] = []
  let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: block * file.channels)
  defer { buffer.deallocate() }
  while case let count = try file.read(into: buffer), count > 0 {
    all.append(contentsOf: buffer[..<(count * file.channels)])
  }
  return all
}

/// The failure that analysing `data` ends with, or `nil`.
func analysisFailure(of data: Data) -> AnalysisFailure? {
  do {
    _ = try decode(data)
    return nil
  } catch {
    return error as? AnalysisFailure
  }
}

/// 16-bit noise.
func noise(_ count: Int, seed: UInt64 = 1) -> [Int16] {
  var random = SplitMix64(seed: seed)
  return (0..<count).map { _ in Int16(truncatingIfNeeded: Int(random.next() >> 48) / 4) }
}

/// Runs a Debian program to make a file; `false` if it is not installed or fails.
func run(_ program: String, _ arguments: [String]) -> Bool {
  let path = "/usr/bin/" + program
  guard FileManager.default.isExecutableFile(atPath: path) else { return false }
  let process = Process()
  process.executableURL = URL(fileURLWithPath: path)
  process.arguments = arguments
  process.standardOutput = FileHandle.nullDevice
  process.standardError = FileHandle.nullDevice
  guard (try? process.run()) != nil else { return false }
  process.waitUntilExit()
  return process.terminationStatus == 0
}
