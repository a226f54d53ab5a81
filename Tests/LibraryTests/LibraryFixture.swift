import Catalogue
import Core
import Foundation
import Logging
import SystemPackage
import TestSupport
import VectorIndex

@testable import Library

/// A catalogue, an open index and the recorder that fills both, without watcher or workers.
struct LibraryFixture {
  let directory: TemporaryDirectory
  let catalogue: Catalogue
  let shelf = IndexShelf()
  let hub = EventHub()
  let visibility: VisibilityKeeper
  let recorder: Recorder
  let search: SimilarSearch
  let statistics: Statistics
  let model = ModelID(ContentHash(bytes: [UInt8](repeating: 7, count: 32))!)

  /// - Parameter state: the state directory; one of its own when absent.
  init(state place: URL? = nil) async throws {
    directory = try TemporaryDirectory()
    let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    let state = FilePath(place?.path ?? directory.path)
    statistics = Statistics(stateDirectory: state)
    catalogue = try Catalogue(path: state.appending("catalogue.sqlite"))
    let info = ModelInfo(
      id: model, name: "test", architecture: "vggish-hark", isTrained: false,
      licence: "CC0-1.0", labels: [])
    _ = try await catalogue.adopt(model, info: info)
    let index = try ModelIndex.open(directory: state, model: model, rows: [], generation: 1)
    shelf.update { [model] in
      $0.active = model
      $0.indexes = [model: index]
      $0.infos = [model: info]
      $0.loaded = [model: LoadedModel(info: info, precision: .f32)]
      $0.decoder = "test-1"
    }
    visibility = VisibilityKeeper(catalogue: catalogue, shelf: shelf, logger: logger)
    recorder = Recorder(
      catalogue: catalogue, shelf: shelf, visibility: visibility, events: hub,
      statistics: statistics, logger: logger)
    search = SimilarSearch(catalogue: catalogue, shelf: shelf)
  }

  /// A recording with `segments` segments around a random direction.
  func analysis(_ number: UInt64, segments: Int = 4) -> Analysis {
    var random = SplitMix64(seed: number)
    var codes = SegmentCodes()
    var sum = [Float](repeating: 0, count: Embedding.dimension)
    for _ in 0..<segments {
      let values = random.vector(Embedding.dimension)
      values.withUnsafeBufferPointer { codes.append(quantising: $0) }
      for (place, value) in values.enumerated() { sum[place] += value }
    }
    let bytes = withUnsafeBytes(of: number) { Array($0) } + [UInt8](repeating: 1, count: 24)
    return Analysis(
      recording: RecordingID(ContentHash(bytes: bytes)!),
      facts: AudioFacts(
        duration: Double(number), sampleRate: 44_100, channels: 2, frames: 1, container: "WAV",
        codec: "PCM", peak: 1, loudness: nil, silenceShare: 0),
      metadata: Metadata(title: "recording \(number)"), decoder: "test-1",
      embeddings: [
        EmbeddingProduct(
          model: model, precision: .f32, pooled: Embedding(normalising: sum)!, segments: codes,
          isShort: false)
      ])
  }

  func observe(_ paths: [String]) async throws {
    _ = try await catalogue.observe(
      paths.enumerated().map {
        ObservedFile(
          path: FilePath($1), size: Int64(100 + $0), modified: 1, device: 1,
          inode: UInt64(truncatingIfNeeded: $1.hashValue))
      }, isLive: false, now: 1)
  }

  /// Adds files and records `analyses[i]` for `paths[i]`.
  func add(_ paths: [String], _ analyses: [Analysis]) async throws {
    try await observe(paths)
    let items = try await catalogue.nextWork(limit: 10_000, excluding: [], now: 2)
    let byPath = Dictionary(uniqueKeysWithValues: items.map { ($0.path, $0) })
    await withDiscardingTaskGroup { group in
      for (path, analysis) in zip(paths, analyses) {
        guard let item = byPath[FilePath(path)] else { continue }
        group.addTask { await recorder.record(.analysed(item, analysis)) }
      }
    }
  }
}
