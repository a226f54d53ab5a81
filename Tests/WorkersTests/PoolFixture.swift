import Core
import Foundation
import Logging
import SystemPackage
import TestSupport

@testable import Workers

/// A running pool of test workers, and files that give them orders.
struct PoolFixture {
  let pool: WorkerPool
  let directory: TemporaryDirectory

  /// The program built from `Tests/TestWorker`, beside the test bundle.
  static let executable: FilePath = {
    guard var path = Executable.path else { return "hark-test-worker" }
    path.removeLastComponent()
    return path.appending("hark-test-worker")
  }()

  static func configuration(
    models: [FilePath] = ["/models/first"], backlog: Int = 1, query: Int = 1
  ) -> WorkerPoolConfiguration {
    WorkerPoolConfiguration(
      executable: executable, models: models, backlogWorkers: backlog, queryWorkers: query)
  }

  /// Runs `body` with a running pool and ends the pool afterwards, whatever happens.
  static func with(
    _ configuration: WorkerPoolConfiguration = configuration(),
    _ body: (PoolFixture) async throws -> Void
  ) async throws {
    var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    if ProcessInfo.processInfo.environment["HARK_TEST_LOG"] != nil {
      logger = Logger(label: "test")
      logger.logLevel = .trace
    }
    let pool = try WorkerPool(configuration: configuration, logger: logger)
    let fixture = PoolFixture(pool: pool, directory: try TemporaryDirectory())
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await pool.run() }
      do {
        try await body(fixture)
        pool.stop()
        try await group.waitForAll()
      } catch {
        pool.stop()
        throw error
      }
    }
  }

  /// Has a file with these words analysed.
  func obey(
    _ words: String, models: [ModelID] = [], lane: Lane = .backlog,
    progress: (@Sendable (Double) -> Void)? = nil
  ) async throws -> Analysis {
    let url = directory("\(UUID())")
    try Data(words.utf8).write(to: url)
    let file = try FileDescriptor.open(FilePath(url.path), .readOnly)
    defer { try? file.close() }
    return try await pool.analyse(
      file, request: AnalysisRequest(models: models), lane: lane, name: words, progress: progress)
  }

  /// What a file with these words fails with.
  func failure(_ words: String, lane: Lane = .backlog) async throws -> AnalysisFailure? {
    do {
      _ = try await obey(words, lane: lane)
      return nil
    } catch let failure as AnalysisFailure {
      return failure
    }
  }

  /// Waits until `condition` holds, for a generous time.
  func wait(for condition: () async throws -> Bool) async throws -> Bool {
    for _ in 0..<3000 {
      if try await condition() { return true }
      try await Task.sleep(for: .milliseconds(10))
    }
    return false
  }
}
