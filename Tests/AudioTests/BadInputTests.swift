import Audio
import Core
import Foundation
import TestSupport
import Testing

#if canImport(Glibc)
  import Glibc
#endif

@Suite struct BadInputTests {
  @Test(arguments: BadInput.all)
  func hasItsOutcome(input: BadInput.Case) throws {
    let data = input.data()
    switch input.outcome {
    case .fails(let code):
      let failure = try #require(analysisFailure(of: data))
      #expect(failure.code == code, "\(failure)")
      #expect(!failure.message.isEmpty && !failure.message.contains("\n"))
    case .decodes(let seconds, let warning):
      let decoded = try decode(data)
      #expect(abs(decoded.facts.duration - seconds) < 1e-9)
      #expect(abs(Double(decoded.samples.count) - seconds * 16_000) <= 1)
      let isFinite = decoded.samples.allSatisfy(\.isFinite)
      #expect(isFinite)
      #expect(decoded.facts.peak.isFinite)
      if let warning {
        let isWarned = decoded.facts.warnings.contains { $0.contains(warning) }
        #expect(isWarned, "\(decoded.facts)")
      } else {
        #expect(decoded.facts.warnings == [])
      }
    }
  }

  @Test(arguments: BadInput.undecodable)
  func knownFormatsAreNamed(format: (bytes: [UInt8], name: String)) throws {
    let data = Data(format.bytes) + BadInput.random(5000, seed: 11)
    let failure = try #require(analysisFailure(of: data))
    #expect(failure.code == .unsupported)
    #expect(failure.message.contains(format.name), "\(failure)")
  }

  @Test func aacIsNamed() throws {
    // Three ADTS frames of 100 bytes.
    let header: [UInt8] = [0xff, 0xf1, 0x50, 0x80, 0x0c, 0x9f, 0xfc]
    let frame = Data(header) + BadInput.random(93, seed: 12)
    let failure = try #require(analysisFailure(of: frame + frame + frame))
    #expect(failure.code == .unsupported)
    #expect(failure.message.contains("AAC"))
  }

  @Test func nonFiniteSamplesAreTakenAsSilence() throws {
    var random = SplitMix64(seed: 13)
    var clean = random.vector(20_000)
    var dirty = clean
    for index in stride(from: 0, to: 20_000, by: 97) {
      clean[index] = 0
      dirty[index] = [.nan, .infinity, -.infinity, 1e20][index % 4]
    }
    let (a, b) = try (
      decode(WAV.float32(clean, rate: 44_100)), decode(WAV.float32(dirty, rate: 44_100))
    )
    #expect(a.samples == b.samples)
    #expect(a.facts.peak == b.facts.peak)
    #expect(a.recording != b.recording)
  }

  @Test(arguments: 0..<4 as Range<UInt64>)
  func randomBytesAreNeverAudio(seed: UInt64) throws {
    var random = SplitMix64(seed: 100 + seed)
    for _ in 0..<60 {
      var data = BadInput.random(Int.random(in: 1...6000, using: &random), seed: random.next())
      // Half of them with a mark in front that a decoder may fall for.
      let marks: [[UInt8]] = [
        [0xff, 0xfb], [0xff, 0xf3], [0xff, 0xe3], [1, 4], [0x64, 0xa3, 0, 0], [0xf0, 0x7e, 0, 1],
        [0, 0, 3, 0xe8], Array("2BIT".utf8), Array("LM89".utf8), [0x0b, 0x77], [0x47],
      ]
      if let mark = marks.randomElement(using: &random), Bool.random(using: &random) {
        data = Data(mark) + data
      }
      let failure = try #require(analysisFailure(of: data), "\(data.prefix(16).map { $0 })")
      #expect([.notAudio, .corrupt, .unsupported].contains(failure.code))
    }
  }

  @Test func whatCannotBeReadIsNoFaultOfTheContent() throws {
    let directory = try TemporaryDirectory()
    try BadInput.wav.write(to: directory("a.wav"))
    let writeOnly = open(directory("a.wav").path, O_WRONLY)
    defer { close(writeOnly) }
    let folder = open(directory.path, O_RDONLY)
    defer { close(folder) }
    for (descriptor, code) in [
      (writeOnly, AnalysisFailure.Code.readError), (-1, .readError), (folder, .notAudio),
    ] {
      let failure = #expect(throws: AnalysisFailure.self) {
        _ = try AudioFile(descriptor: descriptor)
      }
      #expect(failure?.code == code)
    }
  }

  @Test func aFileThatChangesMeanwhileIsNoticed() throws {
    let directory = try TemporaryDirectory()
    try BadInput.wav.write(to: directory("a.wav"))
    let descriptor = try Descriptor(directory("a.wav"))
    defer { withExtendedLifetime(descriptor) {} }
    let file = try AudioFile(descriptor: descriptor.number)
    let writer = try FileHandle(forWritingTo: directory("a.wav"))
    try writer.seekToEnd()
    try writer.write(contentsOf: Data(count: 100))
    try writer.close()
    let failure = #expect(throws: AnalysisFailure.self) {
      _ = try SampleStream().run(file) { _ throws(AnalysisFailure) in }
    }
    #expect(failure?.code == .changed)
  }

  /// 20 hours of a sparse file: read to the end in bounded memory.
  @Test func twentyHoursNeedNoMoreMemory() throws {
    let directory = try TemporaryDirectory()
    let frames = 20 * 3600 * 4000
    var header = WAV.pcm16([], rate: 4000)
    // 8 bits a sample.
    header = BadInput.patched(header, at: 28, [0xa0, 0x0f, 0, 0, 1, 0, 8, 0])
    header = BadInput.patched(
      header, at: 40, (0..<4).map { UInt8(truncatingIfNeeded: frames >> (8 * $0)) })
    try header.write(to: directory("long.wav"))
    #expect(truncate(directory("long.wav").path, 44 + frames) == 0)
    let descriptor = try Descriptor(directory("long.wav"))
    defer { withExtendedLifetime(descriptor) {} }
    let file = try AudioFile(descriptor: descriptor.number)
    let before = residentBytes()
    let buffer = UnsafeMutableBufferPointer<Float>.allocate(capacity: 16_384)
    defer { buffer.deallocate() }
    while try file.read(into: buffer) > 0 {}
    try file.finish()
    #expect(file.framesRead == Int64(frames))
    #expect(file.warnings == [])
    // Other tests run in this process; the file has 288 MB, its samples as floats 1.2 GB.
    #expect(residentBytes() - before < 128 << 20)
  }

  private func residentBytes() -> Int {
    let statm = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8)) ?? ""
    return (statm.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0) * 4096
  }
}
