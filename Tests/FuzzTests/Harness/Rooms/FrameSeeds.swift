import Core

@testable import Workers

extension FrameTarget {
  /// A whole greeting, a whole answer, and a request.
  static func seeds() throws -> [[UInt8]] {
    let hashes = [1, 2, 3].compactMap { ContentHash(bytes: [UInt8](repeating: $0, count: 32)) }
    let labels = ["rain", "bell"]
    let loaded = LoadedModel(
      info: ModelInfo(
        id: ModelID(hashes[0]), name: "m", architecture: "vggish", isTrained: true,
        licence: "CC0-1.0", labels: labels), precision: .f32,
      tags: TagDirections(
        labels: labels, weights: [Float](repeating: 0.5, count: 256), bias: [0, 1]))
    guard let pooled = Embedding([Float](repeating: 0.25, count: 128)),
      let segments = SegmentCodes(
        codes: (0..<256).map { Int8(truncatingIfNeeded: $0) }, scales: [1, 2])
    else { return [] }
    let peaks = (0..<Int32(60)).map { (number: Int32) -> Peak in
      Peak(time: number * 12, frequency: 64 + number * 37 % 900, rank: number % 9)
    }
    func analysis(grids: Int) -> Analysis {
      Analysis(
        recording: RecordingID(hashes[2]),
        facts: AudioFacts(
          duration: 2, sampleRate: 16_000, channels: 1, frames: 32_000, container: "FLAC",
          codec: "Signed 16 bit PCM", peak: 0.5, loudness: -20, silenceShare: 0.1,
          warnings: ["odd"]), metadata: Metadata(title: "T", artist: "A"), decoder: "d",
        embeddings: hashes.prefix(2).map {
          EmbeddingProduct(
            model: ModelID($0), precision: .f32, pooled: pooled, segments: segments, isShort: false)
        },
        constellation: grids == 0
          ? nil
          : Constellation(
            grids: [[Peak]](repeating: peaks, count: grids), samples: 32_000, frames: 122,
            soundingFrames: 100))
    }
    return [
      input(
        3,
        Message.greeting(pid: 7, decoder: "d", sandbox: .full, models: [loaded])),
      input(3, [.progress(seconds: 1)] + analysis(grids: 1).messages),
      input(7, analysis(grids: 2).messages), input(11, analysis(grids: 0).messages),
      input(3, [.analyse(AnalysisRequest(models: [ModelID(hashes[0])], constellation: .query))]),
      input(
        3,
        [
          .failure(AnalysisFailure(.corrupt, "no")),
          .refusal(.init(code: .corrupt, message: "m", remedy: "r", cause: nil)),
        ]),
    ]
  }

  private static func input(_ flags: UInt8, _ messages: [Message]) -> [UInt8] {
    messages.reduce(into: [flags]) { input, message in
      let packet = message.encoded(request: 1)
      input += [UInt8(packet.count & 255), UInt8(packet.count >> 8)] + packet
    }
  }
}
