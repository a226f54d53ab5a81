import Core

/// What one frame says. ``Frame`` shows the bytes.
enum Message: Hashable {
  case hello(pid: UInt32, decoder: String, models: Int)
  /// The labels follow in frames of their own: `info.labels` is empty here.
  case model(LoadedModel, labels: Int)
  case labels([String])
  case ready
  case refusal(Refusal)
  case analyse(AnalysisRequest)
  case progress(seconds: Double)
  case product(ProductHeader)
  case segments(SegmentCodes)
  case done(AnalysisSummary)
  case failure(AnalysisFailure)

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

  /// An ``Analysis`` whose products came before.
  struct AnalysisSummary: Hashable {
    var recording: RecordingID
    var facts: AudioFacts
    var metadata: Metadata
    var decoder: String
  }
}
