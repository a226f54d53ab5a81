import Audio
import Core
import Features
import SystemPackage

/// What stands before the network, each stage alone: it reads the one before's output from memory.
final class Stages {
  enum Name: String, CaseIterable {
    case decode
    case hash
    case resample = "downmix and resample"
    case logMel = "log-mel"
    case level = "level meter"

    /// The stages that a whole analysis is compared with.
    static let summed: [Name] = [.decode, .hash, .resample, .logMel]
  }

  /// Log-mel patches, one after another.
  private(set) var patches: [Float] = []

  private let path: FilePath
  private let sampleRate: Int
  private let channels: Int
  private let frames: SampleBuffer
  private let mono: SampleBuffer
  private let resampled: SampleBuffer
  private let resampler: Resampler
  private let assembler = PatchAssembler()
  private var resampledCount = 0
  private var clocks: [Name: [Clock]] = [:]

  /// Samples handed on at once, over all channels: as in a whole analysis.
  private static let blockSamples = 16_384

  init(_ path: FilePath) throws {
    self.path = path
    let descriptor = try FileDescriptor.open(path, .readOnly)
    defer { try? descriptor.close() }
    let file = try AudioFile(descriptor: descriptor.rawValue)
    guard let count = file.declaredFrames else {
      throw HarkError(.defect, "\(path.escaped) does not say how long it is")
    }
    sampleRate = file.sampleRate
    channels = file.channels
    frames = SampleBuffer(capacity: Int(count) * channels)
    mono = SampleBuffer(capacity: Self.blockSamples)
    resampled = SampleBuffer(
      capacity: Int(count) * Resampler.outputRate / sampleRate + Self.blockSamples)
    resampler = try Resampler(inputRate: sampleRate)
  }

  /// Processor times of a stage, round by round.
  func times(_ stage: Name) -> [Double] { (clocks[stage] ?? []).map(\.processor) }

  /// One round: every stage once.
  func runAll() throws {
    try time(.decode) { try decode() }
    time(.hash) {
      var hasher = RecordingHasher(sampleRate: sampleRate, channels: channels)
      for block in blocks() { hasher.update(block) }
      _ = hasher.finalize()
    }
    try time(.resample) { try resample() }
    time(.logMel) { makePatches() }
    let meter = try LevelMeter(sampleRate: sampleRate, channels: channels)
    time(.level) {
      for block in blocks() { meter.add(frames: block) }
      var start = 0
      while start < resampledCount {
        let end = min(resampledCount, start + Self.blockSamples / 4)
        meter.add(mono: UnsafeBufferPointer(rebasing: resampled.samples[start..<end]))
        start = end
      }
      _ = meter.loudness
    }
  }

  private func time(_ stage: Name, _ body: () throws -> Void) rethrows {
    let start = Clock.now()
    try body()
    clocks[stage, default: []].append(Clock.now() - start)
  }

  private func blocks() -> [UnsafeBufferPointer<Float>] {
    stride(from: 0, to: frames.samples.count, by: Self.blockSamples).map { start in
      let end = min(frames.samples.count, start + Self.blockSamples)
      return UnsafeBufferPointer(rebasing: frames.samples[start..<end])
    }
  }

  private func decode() throws {
    let descriptor = try FileDescriptor.open(path, .readOnly)
    defer { try? descriptor.close() }
    let file = try AudioFile(descriptor: descriptor.rawValue)
    var start = 0
    while start < frames.samples.count {
      let end = min(frames.samples.count, start + Self.blockSamples)
      let count = try file.read(
        into: UnsafeMutableBufferPointer(rebasing: frames.samples[start..<end]))
      guard count > 0 else { throw HarkError(.defect, "\(path.escaped) ends early") }
      start += count * channels
    }
    try file.finish()
  }

  private func resample() throws {
    resampledCount = 0
    try resampler.reset()
    func keep(_ samples: UnsafeBufferPointer<Float>) {
      let end = resampledCount + samples.count
      _ = UnsafeMutableBufferPointer(rebasing: resampled.samples[resampledCount..<end])
        .update(fromContentsOf: samples)
      resampledCount = end
    }
    for block in blocks() {
      let target = mono.mutablePrefix(block.count / channels)
      Downmixer.downmix(block, channels: channels, into: target)
      try resampler.push(UnsafeBufferPointer(target), keep)
    }
    try resampler.flush(keep)
  }

  private func makePatches() {
    patches.removeAll(keepingCapacity: true)
    assembler.reset()
    var rest = resampled.prefix(resampledCount)
    while let patch = assembler.next(from: &rest) { patches.append(contentsOf: patch) }
    if let patch = assembler.finish().patch { patches.append(contentsOf: patch) }
  }
}
