extension Wire {
  /// `GET /v1/models`.
  public struct Models: Hashable, Sendable, Codable {
    /// Every model whose embeddings the library holds or makes, in the order in which they came.
    public var models: [Model]

    public init(models: [Model]) { self.models = models }
  }

  /// `GET /v1/models/{id}`.
  public struct ModelDetails: Hashable, Sendable, Codable {
    public var model: Model
    /// Names that the tag head knows, in the order of its rows; empty without a tag head.
    public var labels: [String]

    public init(model: Model, labels: [String]) {
      self.model = model
      self.labels = labels
    }
  }
}
