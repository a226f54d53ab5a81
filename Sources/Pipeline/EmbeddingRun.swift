import Core
import Embedding
import Features

/// One model at work on one file after another: gathers patches into the network's batch,
/// quantises the segments as they come, and pools them.
final class EmbeddingRun {
  let model: ModelFile
  var precision: Precision { embedder.precision }

  private let embedder: Embedder
  private let patches: UnsafeMutableBufferPointer<Float>
  private let batch: UnsafeMutableBufferPointer<Float>
  private var gathered = 0
  private var codes = SegmentCodes()
  private var pooler: Pooler

  private static let patchSize = Features.FrontEnd.patchSize

  init(model: ModelFile, precision: Precision?) throws(HarkError) {
    self.model = model
    let embedder = try Embedder(model: model, precision: precision)
    self.embedder = embedder
    pooler = Pooler(model: model)
    patches = .allocate(capacity: embedder.batchSize * Self.patchSize)
    patches.initialize(repeating: 0)
    batch = .allocate(capacity: embedder.batchSize * Embedding.dimension)
    batch.initialize(repeating: 0)
  }

  deinit {
    patches.deallocate()
    batch.deallocate()
  }

  /// Forgets the last file, whose analysis may have ended half-way.
  func start() {
    gathered = 0
    codes = SegmentCodes()
    pooler = Pooler(model: model)
  }

  /// Adds the next patch.
  func add(_ patch: UnsafeBufferPointer<Float>) throws(AnalysisFailure) {
    let start = gathered * Self.patchSize
    let row = UnsafeMutableBufferPointer(rebasing: patches[start..<start + Self.patchSize])
    _ = row.update(fromContentsOf: patch)
    gathered += 1
    if gathered == embedder.batchSize { try embed() }
  }

  /// The product, once every patch is added. There has to be at least one.
  func finish(isShort: Bool) throws(AnalysisFailure) -> EmbeddingProduct {
    if gathered > 0 { try embed() }
    guard let pooled = pooler.pooled() else { throw failure("gave no embedding") }
    return EmbeddingProduct(
      model: model.id, precision: precision, pooled: pooled, segments: codes, isShort: isShort)
  }

  private func embed() throws(AnalysisFailure) {
    do throws(HarkError) {
      try embedder.embed(UnsafeBufferPointer(patches), count: gathered, into: batch)
    } catch {
      throw failure("failed: \(error)")
    }
    for index in 0..<gathered {
      let start = index * Embedding.dimension
      let segment = UnsafeBufferPointer(
        rebasing: batch[start..<start + Embedding.dimension])
      guard segment.allSatisfy(\.isFinite) else {
        throw failure("gave something that is not a number")
      }
      codes.append(quantising: segment)
      let patch = index * Self.patchSize
      pooler.add(
        segment, of: UnsafeBufferPointer(rebasing: patches[patch..<patch + Self.patchSize]))
    }
    gathered = 0
  }

  private func failure(_ what: String) -> AnalysisFailure {
    AnalysisFailure(.unavailable, "the model \(model.info.name) \(what)")
  }
}
