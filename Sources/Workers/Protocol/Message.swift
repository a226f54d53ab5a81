import Core

/// What one frame says. ``Frame`` shows the bytes.
enum Message: Hashable {
  case hello(pid: UInt32, decoder: String, sandbox: Sandbox, models: Int)
  /// Labels and tag directions follow in frames of their own: here the model has none.
  case model(LoadedModel, labels: Int, hasTagHead: Bool)
  case labels([String])
  case directions(DirectionBlock)
  case ready
  case refusal(Refusal)
  case analyse(AnalysisRequest)
  case progress(seconds: Double)
  case product(ProductHeader)
  case segments(SegmentCodes)
  case constellation(ConstellationHeader)
  case peaks([Peak])
  case done(AnalysisSummary)
  case failure(AnalysisFailure)

  /// Some of a model's ``TagDirections``: 1–126 of them.
  struct DirectionBlock: Hashable {
    var bias: [Float]
    /// 128 for each bias, row by row.
    var weights: [Float]
  }

  /// Why a worker cannot start: a ``HarkError`` on its way to the pool.
  struct Refusal: Hashable {
    var code: HarkError.Code
    var message: String
    var remedy: String?
    var cause: String?
  }

  /// An ``EmbeddingProduct`` whose segments follow.
  struct ProductHeader: Hashable {
    var model: ModelID
    var precision: Precision
    var isShort: Bool
    var pooled: Embedding
    var segments: Int
  }

  /// A ``Constellation`` whose peaks follow.
  struct ConstellationHeader: Hashable {
    var samples: Int
    var frames: Int
    var soundingFrames: Int
    /// Peaks of each grid.
    var counts: [Int]
  }

  /// An ``Analysis`` whose products came before.
  struct AnalysisSummary: Hashable {
    var recording: RecordingID
    var facts: AudioFacts
    var metadata: Metadata
    var decoder: String
  }
}
