import Core
import Embedding
import Features
import Foundation
import Pipeline
import SystemPackage
import TestSupport
import Testing

/// The model that comes with the repository.
private let modelPath = FilePath(Golden.shippedModel.path)

/// Building the network costs most: one for all tests, which take turns.
private struct Shared: @unchecked Sendable {
  // Safe: the suite is serialised, so one test at a time uses it.
  let analyser: Analyser
  let model: ModelFile

  static let loaded = Result {
    Shared(
      analyser: try Analyser(models: [modelPath], precision: .f32),
      model: try ModelFile(path: modelPath))
  }
}

@Suite(.serialized) struct AnalyserTests {
  private let analyser: Analyser
  private let model: ModelFile

  init() throws {
    let shared = try Shared.loaded.get()
    analyser = shared.analyser
    model = shared.model
  }

  private func analyse(
    _ data: Data, _ models: [ModelID]? = nil, by other: Analyser? = nil
  ) throws -> Analysis {
    let directory = try TemporaryDirectory()
    try data.write(to: directory("a"))
    let file = try FileDescriptor.open(FilePath(directory("a").path), .readOnly)
    defer { try? file.close() }
    return try (other ?? analyser).analyse(
      descriptor: file.rawValue, request: AnalysisRequest(models: models ?? [model.id])
    ) { _ in }
  }

  /// Noise whose level changes, 16 kHz mono.
  private func signal(_ count: Int, seed: UInt64) -> [Int16] {
    var random = SplitMix64(seed: seed)
    return (0..<count).map { index in
      Int16(random.vector(1)[0] * 20_000 * Float(abs(sin(Double(index) / 9000))))
    }
  }

  /// The segments of golden patches, each embedded alone: an independent way round gathering.
  @Test func goldenSignalComesOutAsItsGoldenPatchesDo() throws {
    let analysis = try analyse(Data(contentsOf: Golden.url("signal_16k.wav")))
    let product = try #require(analysis.embeddings.first)
    let patches = try Golden.array("signal_16k.patches.npy")
    #expect(analysis.facts.duration == 5)
    #expect(product.segments.count == 5)
    #expect(!product.isShort)
    let embedder = try Embedder(model: model, precision: .f32)
    var mean = [Double](repeating: 0, count: 128)
    #expect(model.pooling == .loudness)
    for index in 0..<5 {
      let patch = patches.values[index * 6144..<(index + 1) * 6144]
      let level = exp(patch.reduce(0) { $0 + Double($1) } / 6144) - 0.01
      var expected = [Float](repeating: 0, count: 128)
      try patches.values[index * 6144..<(index + 1) * 6144].withUnsafeBufferPointer { patch in
        try expected.withUnsafeMutableBufferPointer {
          try embedder.embed(patch, count: 1, into: $0)
        }
      }
      let ours = product.segments.dequantised(index)
      let peak = expected.map(abs).max() ?? 0
      for (a, b) in zip(ours, expected) { #expect(abs(a - b) <= peak / 127) }
      for dimension in 0..<128 {
        mean[dimension] += max(level, 1e-5).squareRoot() * Double(expected[dimension])
      }
    }
    let pooled = try #require(Embedding(normalising: mean.map(Float.init)))
    for (a, b) in zip(product.pooled.values, pooled.values) { #expect(abs(a - b) < 1e-4) }
  }

  @Test(arguments: [1, 15_599, 15_600, 23_039, 23_040, 16_000 * 5, 16_000 * 9])
  func segmentsFollowTheLength(count: Int) throws {
    let analysis = try analyse(WAV.pcm16(signal(count, seed: 2), rate: 16_000))
    let product = try #require(analysis.embeddings.first)
    let whole = count < 15_600 ? 0 : (count - 15_600) / 15_360 + 1
    let isKept = whole == 0 || count - whole * 15_360 >= 7680
    #expect(product.segments.count == whole + (isKept ? 1 : 0))
    #expect(product.isShort == (count < 15_600))
    let length = product.pooled.values.reduce(0) { $0 + Double($1) * Double($1) }
    #expect(abs(length - 1) < 1e-5)
  }

  /// Segments of a recording do not depend on how many come before or behind them.
  @Test func segmentsDoNotDependOnTheirBatch() throws {
    let samples = signal(15_360 * 7 + 240, seed: 3)
    let whole = try #require(try analyse(WAV.pcm16(samples, rate: 16_000)).embeddings.first)
    #expect(whole.segments.count == 7)
    for start in [1, 3, 6] {
      let rest = Array(samples[(start * 15_360)...])
      let part = try #require(try analyse(WAV.pcm16(rest, rate: 16_000)).embeddings.first)
      #expect(part.segments.count == 7 - start)
      #expect(part.segments.codes == Array(whole.segments.codes[(start * 128)...]))
      #expect(part.segments.scales == Array(whole.segments.scales[start...]))
    }
  }

  @Test func aFileLeavesNothingBehindForTheNext() throws {
    let data = WAV.pcm16(signal(50_000, seed: 4), rate: 22_050, channels: 2)
    let first = try analyse(data)
    _ = try analyse(WAV.pcm16(signal(70_000, seed: 5), rate: 22_050))
    #expect(throws: AnalysisFailure.self) { try analyse(Data("no audio".utf8)) }
    #expect(try analyse(data) == first)
  }

  @Test func withoutModelsAFileIsOnlyHashedAndMeasured() throws {
    let data = WAV.pcm16(signal(50_000, seed: 6), rate: 16_000, tags: [("INAM", "T")])
    let bare = try analyse(data, [])
    var full = try analyse(data)
    #expect(bare.embeddings.isEmpty)
    full.embeddings = []
    #expect(bare == full)
    #expect(bare.metadata.title == "T")
    #expect(bare.decoder.hasPrefix("libsndfile-1."))
    let none = try Analyser(models: [])
    #expect(none.models.isEmpty)
    #expect(try analyse(data, [], by: none) == bare)
  }

  @Test func everyModelAskedForComesInTheOrderAsked() throws {
    // The same network in other bytes is another model: its header ends in more blanks.
    let directory = try TemporaryDirectory()
    var bytes = try Data(contentsOf: URL(fileURLWithPath: modelPath.string))
    let length = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    bytes.insert(contentsOf: [UInt8](repeating: UInt8(ascii: " "), count: 8), at: 8 + length)
    bytes.replaceSubrange(
      0..<8, with: withUnsafeBytes(of: UInt64(length + 8).littleEndian, Array.init))
    try bytes.write(to: directory("other.safetensors"))
    let other = FilePath(directory("other.safetensors").path)
    let both = try Analyser(models: [modelPath, other], precision: .f32)
    let ids = both.models.compactMap { ModelID($0.info.id) }
    #expect(ids.count == 2 && Set(ids).count == 2)
    #expect(both.models.map(\.precision) == [.f32, .f32])
    let data = WAV.pcm16(signal(60_000, seed: 7), rate: 16_000)
    let analysis = try analyse(data, [ids[1], ids[0]], by: both)
    #expect(analysis.embeddings.map(\.model) == [ids[1], ids[0]])
    #expect(analysis.embeddings[0].segments == analysis.embeddings[1].segments)
  }

  @Test func anUnknownModelIsRefused() throws {
    let hash = try #require(ContentHash(bytes: [UInt8](repeating: 7, count: 32)))
    #expect {
      try analyse(WAV.tone(440, seconds: 1), [ModelID(hash)])
    } throws: { ($0 as? AnalysisFailure)?.code == .unavailable }
  }

  @Test func progressGrowsToTheDuration() throws {
    let directory = try TemporaryDirectory()
    try WAV.tone(440, seconds: 20, rate: 8000).write(to: directory("a"))
    let file = try FileDescriptor.open(FilePath(directory("a").path), .readOnly)
    defer { try? file.close() }
    var seen: [Double] = []
    _ = try analyser.analyse(
      descriptor: file.rawValue, request: AnalysisRequest(models: [])
    ) { seen.append($0) }
    #expect(seen.count > 2)
    #expect(seen == seen.sorted())
    #expect(seen.last == 20)
  }

  @Test func aMissingModelIsAnError() {
    #expect { try Analyser(models: ["/nowhere/model.safetensors"]) } throws: {
      ($0 as? HarkError)?.code == .notFound
    }
  }
}
