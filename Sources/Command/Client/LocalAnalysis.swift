import Core
import SystemPackage
import Workers

extension WorkerPool {
  /// Analyses a file of the user's in a worker of this program's own.
  ///
  /// Throws ``HarkError``: what opening the file says; `corrupt` if it cannot be analysed, and
  /// `unavailable` if nothing can.
  func analyse(fileAt path: FilePath, _ request: AnalysisRequest) async throws(HarkError)
    -> Analysis
  {
    let (descriptor, _) = try InputFile.open(path)
    defer { try? descriptor.close() }
    do throws(AnalysisFailure) {
      return try await analyse(descriptor, request: request, lane: .query, name: path.escaped)
    } catch {
      throw HarkError(
        error.isOfWorkers ? .unavailable : .corrupt,
        "\(path.escaped) cannot be analysed", cause: error.description)
    }
  }
}
