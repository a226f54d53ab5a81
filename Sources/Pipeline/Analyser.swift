import Audio
import Core
import Embedding
import Features
import Peaks
import SystemPackage

/// What a worker runs: one open file in, every product that is asked for out, in one pass over it.
///
/// Everything is built when it is made and used again for each file, on the calling thread alone;
/// memory stays bounded whatever the file's length, but for 132 bytes a segment (5 MB in 10 hours) and
/// 12 bytes a peak (14 MB in 10 hours for a recording, 80 MB for a query).
public final class Analyser {
  /// The models that are loaded, in the order given, and the precision each runs at.
  public let models: [LoadedModel]

  /// Decoder and version, such as `libsndfile-1.2.0`: recording ids are minted together with it.
  public var decoder: String { Decoder.version }

  private let runs: [EmbeddingRun]
  private let stream = SampleStream()
  private let assembler = PatchAssembler()
  private let fingerprint = FingerprintParameters()

  /// Loads and builds every model.
  ///
  /// - Parameters:
  ///   - models: paths of model files; none is allowed, and then nothing is embedded.
  ///   - precision: of all models; `nil` picks by processor and model.
  /// - Throws: ``HarkError`` as `ModelFile` and `Embedder` do.
  public init(models paths: [FilePath], precision: Precision? = nil) throws(HarkError) {
    var runs: [EmbeddingRun] = []
    for path in paths {
      runs.append(try EmbeddingRun(model: ModelFile(path: path), precision: precision))
    }
    self.runs = runs
    models = runs.map {
      LoadedModel(info: $0.model.info, precision: $0.precision, tags: $0.model.tags)
    }
  }

  /// Decodes, hashes and measures a file and makes the products that are asked for.
  ///
  /// - Parameters:
  ///   - descriptor: open for reading on a regular file; it is neither moved nor closed.
  ///   - progress: called after every block with the seconds decoded so far.
  /// - Throws: ``AnalysisFailure``: what the file is at fault for, or `unavailable` if a model is
  ///   not loaded or fails.
  public func analyse(
    descriptor: Int32, request: AnalysisRequest, progress: (_ secondsDecoded: Double) -> Void
  ) throws(AnalysisFailure) -> Analysis {
    let wanted = try runs(for: request)
    for run in wanted { run.start() }
    assembler.reset()
    let extractor = request.constellation.map { ConstellationExtractor(fingerprint, role: $0) }
    let file = try AudioFile(descriptor: descriptor)
    let summary = try stream.run(file, progress: progress) { block throws(AnalysisFailure) in
      extractor?.append(block)
      guard !wanted.isEmpty else { return }
      var rest = block
      while let patch = assembler.next(from: &rest) {
        for run in wanted { try run.add(patch) }
      }
    }
    var isShort = false
    if !wanted.isEmpty {
      let end = assembler.finish()
      isShort = end.isShort
      if let patch = end.patch {
        for run in wanted { try run.add(patch) }
      }
    }
    var embeddings: [EmbeddingProduct] = []
    for model in request.models {
      guard let run = wanted.first(where: { $0.model.id == model }) else { continue }
      embeddings.append(try run.finish(isShort: isShort))
    }
    return Analysis(
      recording: summary.recording, facts: summary.facts, metadata: file.metadata,
      decoder: Decoder.version, embeddings: embeddings, constellation: extractor?.finish())
  }

  /// Each run that is asked for, once.
  private func runs(for request: AnalysisRequest) throws(AnalysisFailure) -> [EmbeddingRun] {
    for model in request.models where !runs.contains(where: { $0.model.id == model }) {
      throw AnalysisFailure(.unavailable, "the model \(model.short) is not loaded")
    }
    return runs.filter { request.models.contains($0.model.id) }
  }
}
