import Core
import SystemPackage
import Workers

/// Many files through a pool of workers; results come in the order of the files.
struct EmbeddingBatch: Sendable {
  let pool: WorkerPool
  let paths: [FilePath]
  /// Files in work or waiting for an earlier one, at most: this bounds memory.
  let width: Int

  /// What the pool's workers have loaded. Throws in the worker's words if that does not work.
  func loadedModel() async throws(HarkError) -> ModelInfo {
    guard let model = try await pool.loadedModels().first else {
      throw HarkError(.defect, "the worker has loaded no model")
    }
    return model.info
  }

  /// Analyses every file and hands over each result in order. What `receive` throws ends the batch,
  /// and so does a pool that cannot work at all.
  func run(
    model: ModelID,
    receive: (FilePath, Result<Analysis, HarkError>) throws(HarkError) -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: (Int, Result<Analysis, HarkError>).self) { group in
      var started = 0
      var waiting: [Int: Result<Analysis, HarkError>] = [:]
      for position in paths.indices {
        while started < min(paths.count, position + width) {
          let index = started
          group.addTask { (index, await analyse(paths[index], model)) }
          started += 1
        }
        while waiting[position] == nil {
          guard let (index, result) = try await group.next() else { break }
          waiting[index] = result
        }
        try Task.checkCancellation()
        guard let result = waiting.removeValue(forKey: position) else { continue }
        if case .failure(let error) = result, error.code == .unavailable { throw error }
        try receive(paths[position], result)
      }
    }
  }

  private func analyse(_ path: FilePath, _ model: ModelID) async -> Result<Analysis, HarkError> {
    do throws(HarkError) {
      return .success(
        try await pool.analyse(fileAt: path, AnalysisRequest(models: [model])))
    } catch {
      return .failure(error)
    }
  }
}
