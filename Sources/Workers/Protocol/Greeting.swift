import Core

extension Message {
  /// A worker's first words, as frames: hello, each model with its labels and tag directions, ready.
  static func greeting(
    pid: UInt32, decoder: String, sandbox: Sandbox, models: [LoadedModel]
  ) -> [Message] {
    var messages: [Message] = [
      .hello(pid: pid, decoder: decoder, sandbox: sandbox, models: models.count)
    ]
    for model in models {
      messages.append(
        .model(
          model, labels: model.info.labels.count, hasTagHead: model.tags != nil))
      messages += blocks(of: model.info.labels).map(Message.labels)
      messages += (model.tags?.blocks ?? []).map(Message.directions)
    }
    messages.append(.ready)
    return messages
  }

  /// Labels in runs that fit into a frame.
  private static func blocks(of labels: [String]) -> [[String]] {
    var blocks: [[String]] = []
    var room = 0
    for label in labels {
      let bytes = 2 + FrameWriter.cut(label).count
      if bytes > room {
        blocks.append([])
        room = Frame.maximumPayload - 2
      }
      blocks[blocks.count - 1].append(label)
      room -= bytes
    }
    return blocks
  }
}

extension TagDirections {
  /// The numbers in runs of at most ``Frame/directionsPerFrame``.
  fileprivate var blocks: [Message.DirectionBlock] {
    stride(from: 0, to: labels.count, by: Frame.directionsPerFrame).map { first in
      let end = min(labels.count, first + Frame.directionsPerFrame)
      return Message.DirectionBlock(
        bias: Array(bias[first..<end]),
        weights: Array(weights[first * Embedding.dimension..<end * Embedding.dimension]))
    }
  }
}

/// Collects a worker's first words.
struct GreetingAssembler {
  private(set) var decoder = ""
  private(set) var sandbox: Sandbox = []
  private(set) var models: [LoadedModel] = []
  private var expected: Int?
  private var labelsLeft = 0
  private var directionsLeft = 0
  private var bias: [Float] = []
  private var weights: [Float] = []

  /// Whether `message` was the last one. Throws ``MalformedFrame`` for a message out of turn.
  mutating func take(_ message: Message) throws(MalformedFrame) -> Bool {
    switch message {
    case .hello(_, let decoder, let sandbox, let count) where expected == nil:
      self.decoder = decoder
      self.sandbox = sandbox
      expected = count
    case .model(let model, let labels, let hasTagHead)
    where isModelWhole && models.count < (expected ?? 0):
      models.append(model)
      labelsLeft = labels
      directionsLeft = hasTagHead ? labels : 0
    case .labels(let labels) where !models.isEmpty && labels.count <= labelsLeft:
      models[models.count - 1].info.labels += labels
      labelsLeft -= labels.count
    case .directions(let block) where labelsLeft == 0 && block.bias.count <= directionsLeft:
      try append(block)
    case .ready where expected == models.count && isModelWhole:
      return true
    default:
      throw MalformedFrame("\(message.kind) before the worker was ready")
    }
    return false
  }

  private var isModelWhole: Bool { labelsLeft == 0 && directionsLeft == 0 }

  private mutating func append(_ block: Message.DirectionBlock) throws(MalformedFrame) {
    bias += block.bias
    weights += block.weights
    directionsLeft -= block.bias.count
    guard directionsLeft == 0 else { return }
    let labels = models[models.count - 1].info.labels
    guard let tags = TagDirections(labels: labels, weights: weights, bias: bias) else {
      throw MalformedFrame("tag directions that do not fit together")
    }
    models[models.count - 1].tags = tags
    bias = []
    weights = []
  }
}
