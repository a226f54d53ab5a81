import Core
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Workers

@Suite struct ProtocolTests {
  private static func hash(_ byte: UInt8) throws -> ContentHash {
    try #require(ContentHash(bytes: [UInt8](repeating: byte, count: 32)))
  }

  /// One message of every kind, with the awkward values among them.
  private static func samples(segments count: Int = 480) throws -> [Message] {
    var random = SplitMix64(seed: 1)
    let info = ModelInfo(
      id: ModelID(try hash(1)), name: "hark-1", architecture: "vggish-hark", isTrained: true,
      licence: "CC0-1.0", labels: [])
    let facts = AudioFacts(
      duration: 240.5, sampleRate: 44_100, channels: 2, frames: 10_606_050, container: "FLAC",
      codec: "Signed 16 bit PCM", peak: 1.25, loudness: -14.5, silenceShare: 1,
      warnings: ["odd", "", "ünï 🎵"])
    let pooled = try #require(Embedding(random.vector(Embedding.dimension)))
    let codes = (0..<count * 128).map { Int8(truncatingIfNeeded: $0) }
    let segments = try #require(
      SegmentCodes(codes: codes, scales: (0..<count).map { Float($0) / 7 }))
    return [
      .hello(pid: .max, decoder: "libsndfile-1.2.0", sandbox: .full, models: 64),
      .model(LoadedModel(info: info, precision: .int8), labels: 527, hasTagHead: true),
      .model(LoadedModel(info: info, precision: .f32), labels: 0, hasTagHead: false),
      .labels(["a", "", "ü"]),
      .directions(
        .init(
          bias: [-1, .leastNonzeroMagnitude, .greatestFiniteMagnitude],
          weights: random.vector(3 * Embedding.dimension))),
      .ready,
      .refusal(.init(code: .notFound, message: "no", remedy: nil, cause: "gone")),
      .analyse(AnalysisRequest(models: [ModelID(try hash(1)), ModelID(try hash(2))])),
      .analyse(AnalysisRequest(models: [], constellation: .recording)),
      .analyse(AnalysisRequest(models: [], constellation: .query)),
      .constellation(
        .init(samples: 1 << 35, frames: 1 << 27, soundingFrames: 3, counts: [1, 1 << 27])),
      .peaks([
        Peak(time: -3, frequency: 64, rank: 0), Peak(time: .max, frequency: 2_816, rank: 89),
      ]), .progress(seconds: 72_000.25),
      .product(
        .init(
          model: ModelID(try hash(3)), precision: .bf16, isShort: true, pooled: pooled,
          segments: 75_000)),
      .segments(segments),
      .done(
        .init(
          recording: RecordingID(try hash(9)), facts: facts,
          metadata: Metadata(title: "T", album: "", date: "1997-05-21"), decoder: "d")),
      .failure(AnalysisFailure(.notAudio, "no format that is known")),
    ]
  }

  @Test func everyMessageComesBackAsItWent() throws {
    for (index, message) in try Self.samples().enumerated() {
      let frame = message.encoded(request: UInt32(index))
      #expect(frame.count <= Frame.maximumSize)
      let (decoded, request) = try Message.decode(frame)
      #expect(decoded == message)
      #expect(request == UInt32(index))
    }
    #expect(Set(try Self.samples().map(\.kind)) == Set(Frame.Kind.allCases))
  }

  /// The bytes of one frame, written out by hand from the table in `Frame.swift`.
  @Test func theBytesAreTheDocumentedOnes() {
    let frame = Message.failure(AnalysisFailure(.empty, "é")).encoded(request: 0x0102_0304)
    #expect(
      frame == [
        0x48, 0x4b, 0x57, 0x50, 4, 0, 14, 0, 4, 3, 2, 1, 11, 0, 0, 0,
        5, 0, 0x65, 0x6d, 0x70, 0x74, 0x79, 2, 0, 0xc3, 0xa9,
      ])
  }

  @Test func everyShorterOrLongerFrameIsRefused() throws {
    for message in try Self.samples(segments: 2) {
      let frame = message.encoded()
      for length in frame.indices {
        #expect(throws: MalformedFrame.self) { try Message.decode(Array(frame[..<length])) }
        // And with a header that agrees with the packet's length.
        guard length >= Frame.headerSize else { continue }
        var short = Array(frame[..<length])
        short[12] = UInt8(truncatingIfNeeded: length - 16)
        short[13] = UInt8(truncatingIfNeeded: (length - 16) >> 8)
        #expect(throws: MalformedFrame.self) { try Message.decode(short) }
      }
      #expect(throws: MalformedFrame.self) { try Message.decode(frame + [0]) }
    }
  }

  @Test func badValuesAreRefused() throws {
    func refuses(_ message: Message, _ offset: Int, _ byte: UInt8) -> Bool {
      var frame = message.encoded()
      frame[offset] = byte
      do {
        _ = try Message.decode(frame)
        return false
      } catch { return true }
    }
    let ready = Message.ready
    #expect(refuses(ready, 0, 0), "magic")
    #expect(refuses(ready, 4, 1), "version")
    #expect(refuses(ready, 6, 99), "kind")
    #expect(refuses(.progress(seconds: 1), 23, 0xff), "negative")
    #expect(refuses(.hello(pid: 1, decoder: "", sandbox: [], models: 1), 23, 65), "too many models")
    #expect(refuses(.hello(pid: 1, decoder: "", sandbox: [], models: 1), 22, 4), "a sandbox")
    #expect(refuses(.labels(["a"]), 20, 0xff), "not UTF-8")
    let row = [Float](repeating: 1, count: Embedding.dimension)
    let block = Message.directions(.init(bias: [1], weights: row))
    #expect(refuses(block, 16, 0) && refuses(block, 16, 2), "another count of directions")
    #expect(refuses(block, 17, 1), "too many directions")
    // 1 is 0x3f800000: with all exponent bits set it is infinity.
    #expect(refuses(.directions(.init(bias: [.infinity], weights: row)), 16, 1), "infinite")
    #expect(
      refuses(.directions(.init(bias: [1], weights: row.dropLast() + [.nan])), 16, 1), "no number")
    #expect(refuses(.failure(AnalysisFailure(.empty, "")), 18, 0x78), "unknown code")
  }

  /// Whatever the bytes, decoding gives a message or an error, and what it accepts it can write.
  @Test func damagedFramesNeverTrap() throws {
    var random = SplitMix64(seed: 2)
    let frames = try Self.samples(segments: 2).map { $0.encoded() }
    var accepted = 0
    for round in 0..<6000 {
      var frame = frames[round % frames.count]
      for _ in 0...Int(random.next() % 4) {
        let place = Int(random.next() % UInt64(min(frame.count, 400)))
        frame[place] = UInt8(truncatingIfNeeded: random.next())
      }
      guard let (message, request) = try? Message.decode(frame) else { continue }
      accepted += 1
      #expect(try Message.decode(message.encoded(request: request)).0 == message)
    }
    #expect(accepted > 0)
    for _ in 0..<2000 {
      let bytes = (0..<Int(random.next() % 100)).map { _ in
        UInt8(truncatingIfNeeded: random.next())
      }
      _ = try? Message.decode(bytes)
    }
  }

  /// Shuffled, doubled and missing messages never make an analysis that is not whole.
  @Test func messagesOutOfTurnAreRefused() throws {
    let first = ModelID(try Self.hash(1))
    let second = ModelID(try Self.hash(2))
    let pooled = try #require(Embedding([Float](repeating: 0, count: 128)))
    let segments = try #require(
      SegmentCodes(
        codes: [Int8](repeating: 3, count: 500 * 128),
        scales: [Float](repeating: 1, count: 500)))
    let whole = Analysis(
      recording: RecordingID(try Self.hash(9)),
      facts: AudioFacts(
        duration: 1, sampleRate: 1, channels: 1, frames: 1, container: "", codec: "", peak: 0,
        loudness: nil, silenceShare: 0), metadata: Metadata(), decoder: "",
      embeddings: [first, second].map {
        EmbeddingProduct(
          model: $0, precision: .f32, pooled: pooled, segments: segments, isShort: false)
      },
      constellation: Constellation(
        grids: [
          (0..<9_000).map { Peak(time: $0 * 3, frequency: $0 % 2_000, rank: $0 % 90) },
          // A row of the second grid, half a frame late.
          [15, 9, 15, 12].map { Peak(time: $0, frequency: 9, rank: 1) },
        ], samples: 100, frames: 4, soundingFrames: 2))
    let request = AnalysisRequest(models: [first, second], constellation: .query)
    func assemble(_ messages: [Message]) -> Analysis? {
      var assembler = AnalysisAssembler(request)
      for message in messages {
        guard let result = try? assembler.take(message) else { continue }
        return result
      }
      return nil
    }
    func isRefused(_ messages: [Message]) -> Bool {
      var assembler = AnalysisAssembler(request)
      do {
        for message in messages { _ = try assembler.take(message) }
        return false
      } catch { return true }
    }
    let messages = whole.messages
    #expect(messages.count == 2 * (1 + 2) + (1 + 2 + 1) + 1)
    #expect(assemble(messages) == whole)
    for index in messages.indices {
      var missing = messages
      missing.remove(at: index)
      #expect(index == messages.count - 1 || isRefused(missing))
      var doubled = messages
      doubled.insert(messages[index], at: index)
      #expect(index == messages.count - 1 || isRefused(doubled))
    }
    #expect(isRefused([.ready]))
    #expect(isRefused(Array(messages[3...]) + messages[..<3]))
  }

  @Test func longTextIsCutAtACharacter() throws {
    let text = String(repeating: "é", count: 5000)
    let frame = Message.failure(AnalysisFailure(.corrupt, "x" + text)).encoded()
    guard case .failure(let failure) = try Message.decode(frame).0 else {
      Issue.record("another message")
      return
    }
    #expect(failure.message == "x" + String(repeating: "é", count: 511))
  }

  @Test func descriptorsTravelAndSurplusIsRefused() throws {
    let (pool, worker) = try FrameSocket.pair()
    defer {
      pool.close()
      worker.close()
    }
    let directory = try TemporaryDirectory()
    try Data("content".utf8).write(to: directory("file"))
    let file = try FileDescriptor.open(FilePath(directory("file").path), .readOnly)
    try pool.send(.ready, request: 5, attachment: file)
    try file.close()
    guard case .packet(let packet, let attachment) = try worker.receive() else {
      Issue.record("no packet")
      return
    }
    let received = try #require(attachment)
    defer { try? received.close() }
    #expect(try Message.decode(packet).request == 5)
    var text = [UInt8](repeating: 0, count: 7)
    let count = try text.withUnsafeMutableBytes { try received.read(into: $0) }
    #expect(count == 7)
    #expect(String(decoding: text, as: UTF8.self) == "content")
    pool.shutdown()
    guard case .end = try worker.receive() else {
      Issue.record("no end")
      return
    }
  }
}
