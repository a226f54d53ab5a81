import Foundation
import Glibc
import Logging
import Synchronization
import TestSupport
import Testing

@testable import Workers

/// Ends that are nobody's failure.
@Suite struct PoolStopTests {
  /// systemd, asked to, or a terminal signals every process of a service; the workers are the first to
  /// die of it.
  @Test(arguments: [SIGTERM, SIGINT]) func workersThatEndWithTheServiceAreNoCrash(signal: Int32)
    async throws
  {
    let lines = Lines()
    let logger = Logger(label: "test") { _ in lines }
    var configuration = PoolFixture.configuration(backlog: 2)
    // However slow the machine is; stopping ends the wait.
    configuration.stopNotice = 60
    let pool = try WorkerPool(configuration: configuration, logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await pool.run() }
      try await eventually("every worker is idle") {
        pool.status.allSatisfy { $0.state == .idle && $0.pid != nil }
      }
      for worker in pool.status { kill(worker.pid ?? 0, signal) }
      // By then the workers' threads have seen it.
      try await Task.sleep(for: .milliseconds(50))
      pool.stop()
      try await group.waitForAll()
    }
    #expect(lines.all.isEmpty, "\(lines.all)")
  }

  /// The same without a stop is worth a word.
  @Test func aWorkerThatSomebodyEndsIsTold() async throws {
    let lines = Lines()
    let logger = Logger(label: "test") { _ in lines }
    let pool = try WorkerPool(configuration: PoolFixture.configuration(query: 0), logger: logger)
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await pool.run() }
      try await eventually("the worker is idle") { pool.status.first?.state == .idle }
      kill(pool.status.first?.pid ?? 0, SIGTERM)
      try await eventually("it is told") {
        lines.all == ["an idle worker was ended with SIGTERM (terminated)"]
      }
      pool.stop()
      try await group.waitForAll()
    }
  }
}

/// What is logged at level notice or above.
private struct Lines: LogHandler {
  private final class Store: Sendable { let lines = Mutex<[String]>([]) }
  private let store = Store()
  var metadata: Logger.Metadata = [:]
  var logLevel: Logger.Level = .notice

  var all: [String] { store.lines.withLock { $0 } }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) { store.lines.withLock { $0.append("\(event.message)") } }
}
