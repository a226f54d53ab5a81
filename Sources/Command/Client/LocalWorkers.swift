import Core
import Logging
import SystemPackage
import Workers

/// Workers of the command line's own, for what needs no daemon.
enum LocalWorkers {
  /// Starts `count` workers with models, if any are needed, runs `body` with them, and ends them again.
  ///
  /// Throws ``HarkError`` if there is no worker to start, and what `body` throws.
  static func run<Value: Sendable>(
    models: [FilePath], precision: Precision? = nil, count: Int,
    _ body: (WorkerPool) async throws -> Value
  ) async throws -> Value {
    let pool = try WorkerPool(
      configuration: .commandLine(
        executable: try WorkerLocator().find(), models: models, precision: precision,
        workers: count),
      // What goes wrong reaches the user as errors; the rest is the daemon's concern.
      logger: Logger(label: "hark.workers") { _ in SwiftLogNoOpLogHandler() })
    return try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await pool.run() }
      defer { group.cancelAll() }
      return try await body(pool)
    }
  }
}
