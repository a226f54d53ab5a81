import Core
import TestSupport
import Testing

@testable import Workers

/// A worker's first words, taken apart and put together again.
@Suite struct GreetingTests {
  private static func model(_ number: UInt8, labels count: Int, hasTags: Bool) throws -> LoadedModel
  {
    var random = SplitMix64(seed: UInt64(number))
    let labels = (0..<count).map { "label \($0)" }
    let hash = try #require(ContentHash(bytes: [UInt8](repeating: number, count: 32)))
    let info = ModelInfo(
      id: ModelID(hash), name: "model \(number)", architecture: "vggish-hark", isTrained: true,
      licence: "CC0-1.0", labels: labels)
    let tags =
      hasTags
      ? try #require(
        TagDirections(
          labels: labels, weights: random.vector(count * Embedding.dimension),
          bias: random.vector(count))) : nil
    return LoadedModel(info: info, precision: .int8, tags: tags)
  }

  /// The frames as bytes and back, since a sender's model frame holds less than the value does.
  private static func frames(_ models: [LoadedModel]) throws -> [Message] {
    try Message.greeting(pid: 7, decoder: "d-1", sandbox: .full, models: models).map {
      let frame = $0.encoded()
      #expect(frame.count <= Frame.maximumSize)
      return try Message.decode(frame).0
    }
  }

  /// What the frames say; `nil` where they are refused or not complete.
  private static func assemble(_ messages: [Message]) -> [LoadedModel]? {
    var assembler = GreetingAssembler()
    for message in messages {
      guard let isComplete = try? assembler.take(message) else { return nil }
      if isComplete { return assembler.models }
    }
    return nil
  }

  /// Around the frame's 126 directions, and more labels than one frame holds.
  @Test(arguments: [1, 125, 126, 127, 252, 253, 9000])
  func tagHeadsArriveAsTheyWere(_ count: Int) throws {
    let models = [
      try Self.model(1, labels: count, hasTags: true), try Self.model(2, labels: 0, hasTags: false),
      try Self.model(3, labels: 3, hasTags: false), try Self.model(4, labels: 2, hasTags: true),
    ]
    let frames = try Self.frames(models)
    #expect(Self.assemble(frames) == models)
    let blocks = frames.count { $0.kind == .directions }
    #expect(blocks == (count + 125) / 126 + 1)
  }

  /// A frame that is missing, doubled or out of turn never makes a model that is not whole.
  @Test func framesOutOfTurnAreRefused() throws {
    let models = [
      try Self.model(1, labels: 200, hasTags: true), try Self.model(2, labels: 5, hasTags: true),
    ]
    let frames = try Self.frames(models)
    // hello; model, labels, two blocks; model, labels, a block; ready
    #expect(frames.count == 9)
    for index in frames.indices {
      var missing = frames
      missing.remove(at: index)
      #expect(Self.assemble(missing) == nil, "without \(frames[index].kind)")
      guard index < frames.count - 1 else { continue }
      var doubled = frames
      doubled.insert(frames[index], at: index)
      #expect(Self.assemble(doubled) == nil, "with \(frames[index].kind) twice")
      var swapped = frames
      swapped.swapAt(index, index + 1)
      // The two blocks of one model differ in size alone; any other exchange is an error.
      if index != 3 { #expect(Self.assemble(swapped) == nil, "\(frames[index].kind) late") }
    }
  }

  @Test func directionsThatNobodyAnnouncedAreRefused() throws {
    let block = Message.DirectionBlock(
      bias: [0], weights: [Float](repeating: 0, count: Embedding.dimension))
    let model = try Self.model(1, labels: 1, hasTags: false)
    let plain = try Self.frames([model])
    #expect(Self.assemble(plain) == [model])
    #expect(Self.assemble(plain.dropLast() + [.directions(block), .ready]) == nil)
    #expect(Self.assemble([.directions(block)]) == nil)
    // A head without labels to name its rows.
    let bare = LoadedModel(info: model.info, precision: .f32)
    let frame = Message.model(bare, labels: 0, hasTagHead: true).encoded()
    #expect(throws: MalformedFrame.self) { try Message.decode(frame) }
  }
}
