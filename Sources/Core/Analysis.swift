/// What a worker is asked to make of one open file.
///
/// With no product wanted the file is only decoded, hashed and measured: that is how a retagged
/// file or a copy is recognised without a run of the network.
public struct AnalysisRequest: Hashable, Sendable {
  /// Models whose embeddings are wanted. The worker must have loaded each.
  public var models: [ModelID]
  /// What the peaks are wanted for, if they are.
  public var constellation: Constellation.Role?

  public init(models: [ModelID], constellation: Constellation.Role? = nil) {
    self.models = models
    self.constellation = constellation
  }
}

/// What a worker makes of one open file.
public struct Analysis: Hashable, Sendable {
  /// The recording's identity.
  public var recording: RecordingID
  public var facts: AudioFacts
  public var metadata: Metadata
  /// Decoder and version, such as `libsndfile-1.2.0`: an id is minted together with it.
  public var decoder: String
  /// One for each model asked for, in the order asked.
  public var embeddings: [EmbeddingProduct]
  /// The peaks, if they were asked for.
  public var constellation: Constellation?

  public init(
    recording: RecordingID, facts: AudioFacts, metadata: Metadata, decoder: String,
    embeddings: [EmbeddingProduct], constellation: Constellation? = nil
  ) {
    self.recording = recording
    self.facts = facts
    self.metadata = metadata
    self.decoder = decoder
    self.embeddings = embeddings
    self.constellation = constellation
  }
}

/// The product that one model makes of one recording.
public struct EmbeddingProduct: Hashable, Sendable {
  public var model: ModelID
  public var precision: Precision
  /// Pooled over the unquantised segments and L2-normalised.
  public var pooled: Embedding
  public var segments: SegmentCodes
  /// Whether the audio was shorter than one patch and the waveform was padded with zeros.
  public var isShort: Bool

  public init(
    model: ModelID, precision: Precision, pooled: Embedding, segments: SegmentCodes, isShort: Bool
  ) {
    self.model = model
    self.precision = precision
    self.pooled = pooled
    self.segments = segments
    self.isShort = isShort
  }
}
