import Core
import SystemPackage
import TestSupport
import VectorIndex

@testable import Catalogue

/// A catalogue in a directory of its own, with a model, and short words for what tests do often.
struct CatalogueFixture {
  let directory: TemporaryDirectory
  let catalogue: Catalogue
  let model = ModelID(ContentHash(bytes: [UInt8](repeating: 7, count: 32))!)

  init() throws {
    directory = try TemporaryDirectory()
    catalogue = try Catalogue(path: FilePath(directory("catalogue.sqlite").path))
  }

  func adoptModel(_ id: ModelID? = nil) async throws -> StoredModel.Role {
    let id = id ?? model
    return try await catalogue.adopt(
      id,
      info: ModelInfo(
        id: id, name: "test", architecture: "vggish-hark", isTrained: false, licence: "CC0-1.0",
        labels: []))
  }

  func observed(_ path: String, size: Int64 = 100, modified: Int64 = 1, inode: UInt64 = 1)
    -> ObservedFile
  {
    ObservedFile(
      path: FilePath(path), size: size, modified: modified, device: 8, inode: inode)
  }

  func analysis(_ number: UInt8, title: String? = nil) -> Analysis {
    Analysis(
      recording: RecordingID(ContentHash(bytes: [UInt8](repeating: number, count: 32))!),
      facts: AudioFacts(
        duration: Double(number), sampleRate: 44_100, channels: 2, frames: 1, container: "WAV",
        codec: "PCM", peak: 1, loudness: -20, silenceShare: 0),
      metadata: Metadata(title: title), decoder: "test-1", embeddings: [])
  }

  func product(first: Int, model: ModelID? = nil) -> NewProduct {
    .embeddings(
      NewEmbeddings(
        model: model ?? self.model, precision: .f32, isShort: false,
        rows: AppendedRows(
          pooled: RowRange(generation: 1, first: first, count: 1, checksum: 0xffff_fff0),
          segments: RowRange(generation: 1, first: first * 3, count: 3, checksum: 5))))
  }

  func work(now: Double = 0) async throws -> [WorkItem] {
    try await catalogue.nextWork(limit: 100, excluding: [], now: now)
  }

  /// Observes files and records analyses for them: file `i` holds recording `i + 1`.
  @discardableResult
  func addAnalysed(_ paths: [String]) async throws -> RecordingChange {
    _ = try await adoptModel()
    _ = try await catalogue.observe(
      paths.enumerated().map {
        observed($1, size: Int64(1_000 + $0), inode: UInt64(10 + $0))
      }, isLive: false, now: 1)
    let outcomes = try await work().enumerated().map {
      AnalysisOutcome.analysed($1, analysis(UInt8($0 + 1)), [product(first: $0)])
    }
    return try await catalogue.record(outcomes, now: 2)
  }
}
