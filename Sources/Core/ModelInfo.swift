/// What a model file says about itself; a worker reports it, since only workers load models.
public struct ModelInfo: Hashable, Sendable, Codable {
  /// 64 hexadecimal digits: the model's ``ModelID``.
  public var id: String
  /// A short name, such as `hark-1`.
  public var name: String
  /// Architecture, such as `vggish-hark`.
  public var architecture: String
  /// `false` for weights that come from a seed and mean nothing.
  public var isTrained: Bool
  /// Licence of the weights, as an SPDX expression where there is one.
  public var licence: String
  /// Names that the tag head knows, in the order of its rows; empty without a tag head.
  public var labels: [String]

  public init(
    id: ModelID, name: String, architecture: String, isTrained: Bool, licence: String,
    labels: [String]
  ) {
    self.id = id.description
    self.name = name
    self.architecture = architecture
    self.isTrained = isTrained
    self.licence = licence
    self.labels = labels
  }
}

/// A model that a worker has loaded, and the precision in which it runs it.
public struct LoadedModel: Hashable, Sendable {
  public var info: ModelInfo
  public var precision: Precision
  /// The tag head; `nil` for a model without labels. Its weights travel, because only workers read
  /// model files and tags are made where the embeddings are kept.
  public var tags: TagDirections?

  public init(info: ModelInfo, precision: Precision, tags: TagDirections? = nil) {
    self.info = info
    self.precision = precision
    self.tags = tags
  }
}
