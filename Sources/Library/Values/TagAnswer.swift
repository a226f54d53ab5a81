import Core

/// What a recording is, in a model's words.
public struct TagAnswer: Hashable, Sendable {
  /// The model that gives the tags.
  public var model: ModelInfo
  /// All of the model's labels, best first; empty for a model without a tag head.
  public var tags: [Tag]

  public init(model: ModelInfo, tags: [Tag]) {
    self.model = model
    self.tags = tags
  }
}
