import Core
import Foundation
import Glibc
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Workers

@Suite struct WorkerPoolTests {
  @Test func analysesFilesWithEveryModelAskedFor() async throws {
    try await PoolFixture.with(PoolFixture.configuration(models: ["/m/one", "/m/two"])) { fixture in
      let models = try await fixture.pool.loadedModels()
      #expect(models.map(\.info.name) == ["/m/one", "/m/two"])
      #expect(models.map(\.info.labels.count) == [3000, 3000])
      #expect(models[1].info.labels[2999] == "label number 2999 of a long list")
      let tags = try #require(models[1].tags)
      #expect(tags.labels == models[1].info.labels)
      #expect(tags.weights == (0..<3000 * Embedding.dimension).map(Float.init))
      #expect(tags.bias.last == -2999)
      #expect(try await fixture.pool.capabilities().decoder == "test-1")

      let ids = try models.map { try #require(ModelID($0.info.id)) }
      // More segments than 20 hours have.
      let analysis = try await fixture.obey("analyse 76000", models: ids.reversed())
      #expect(analysis.embeddings.map(\.model) == ids.reversed())
      #expect(analysis.embeddings.map(\.segments.count) == [76_000, 76_000])
      let last = analysis.embeddings[1].segments.dequantised(75_999)
      #expect(last[0] == Float(75_999 % 100) / 2)
      #expect(last[1...] == (1..<Embedding.dimension).map { Float($0 % 7) / 2 }[...])
    }
  }

  @Test func readsFromTheStartWhateverTheOffset() async throws {
    try await PoolFixture.with { fixture in
      let url = fixture.directory("file")
      try Data("analyse 3".utf8).write(to: url)
      let file = try FileDescriptor.open(FilePath(url.path), .readOnly)
      defer { try? file.close() }
      try file.seek(offset: 5, from: .start)
      let analysis = try await fixture.pool.analyse(
        file, request: AnalysisRequest(models: []), lane: .backlog, name: "file")
      #expect(analysis.facts.frames == 3)
      #expect(fcntl(file.rawValue, F_GETFD) != -1, "the descriptor stays the caller's")
    }
  }

  @Test func passesOnWhatTheWorkerSaysAboutAFile() async throws {
    try await PoolFixture.with { fixture in
      let failure = try await fixture.failure("fail")
      #expect(failure == AnalysisFailure(.corrupt, "as the file says"))
      let nonsense = try await fixture.failure("nonsense")
      #expect(nonsense?.code == .notAudio)
      #expect(fixture.pool.status.allSatisfy { $0.restarts == 0 })
    }
  }

  @Test(arguments: [
    (SIGSEGV, "SIGSEGV (segmentation fault)"), (SIGABRT, "SIGABRT (aborted)"),
    (SIGBUS, "SIGBUS (bus error)"),
  ])
  func aCrashCostsOneFile(signal: Int32, name: String) async throws {
    try await PoolFixture.with { fixture in
      let failure = try #require(try await fixture.failure("crash \(signal)"))
      #expect(failure.code == .crashed)
      #expect(failure.message.contains(name))
      #expect(failure.message.contains("last words"))
      #expect(try await fixture.obey("analyse 2").facts.frames == 2)
      #expect(fixture.pool.status.map(\.restarts).reduce(0, +) == 1)
    }
  }

  @Test func aWorkerThatEndsCostsOneFile() async throws {
    try await PoolFixture.with { fixture in
      let failure = try #require(try await fixture.failure("exit 5"))
      #expect(failure.code == .crashed)
      #expect(failure.message.contains("status 5"))
      #expect(try await fixture.obey("analyse 2").facts.frames == 2)
    }
  }

  /// Killed from outside, the file is tried once more at once; killed again, after a pause.
  @Test func aWorkerKilledFromOutsideIsTriedTwice() async throws {
    try await PoolFixture.with { fixture in
      let failure = try #require(try await fixture.failure("crash \(SIGKILL)"))
      #expect(failure.code == .killed)
      #expect(failure.retry == .afterPause)
      #expect(failure.message.contains("SIGKILL"))
      #expect(fixture.pool.status.map(\.restarts).reduce(0, +) == 2)
    }
  }

  @Test func aHangIsATimeOut() async throws {
    var configuration = PoolFixture.configuration()
    configuration.stallLimit = 0.5
    try await PoolFixture.with(configuration) { fixture in
      let hung = try await fixture.failure("hang")
      #expect(hung?.code == .timedOut)
      // Reports that say the same again and again are no progress.
      let spinning = try await fixture.failure("spin")
      #expect(spinning?.code == .timedOut)
      let next = try await fixture.obey("analyse 2")
      #expect(next.facts.frames == 2)
    }
  }

  @Test func theTimeLimitGrowsWithWhatIsDecoded() async throws {
    var configuration = PoolFixture.configuration()
    configuration.fileLimitBase = 0.4
    configuration.fileLimitFactor = 0
    try await PoolFixture.with(configuration) { fixture in
      let failure = try await fixture.failure("slow 500")
      #expect(failure?.code == .timedOut)
    }
    configuration.fileLimitFactor = 1
    try await PoolFixture.with(configuration) { fixture in
      let analysis = try await fixture.obey("slow 50")
      #expect(analysis.facts.frames == 1)
    }
  }

  @Test func memoryHasALimit() async throws {
    var configuration = PoolFixture.configuration()
    configuration.memoryLimit = 96 << 20
    try await PoolFixture.with(configuration) { fixture in
      let failure = try #require(try await fixture.failure("grow"))
      #expect(failure.code == .memoryLimit, "\(failure)")
      #expect(failure.message.contains("96 MiB"))
      #expect(try await fixture.obey("analyse 2").facts.frames == 2)
    }
  }

  /// Where /proc hides other processes (`ProtectProc=invisible`), one that has locked itself in has no
  /// name: its memory is read by a descriptor that was opened before.
  @Test func memoryIsReadWithoutAName() async throws {
    try await PoolFixture.with { fixture in
      #expect(try await fixture.obey("analyse 2").facts.frames == 2)
      let pids = fixture.pool.status.compactMap(\.pid)
      #expect(!pids.isEmpty)
      let folder = "/proc/self/fd"
      let open = try FileManager.default.contentsOfDirectory(atPath: folder).compactMap {
        try? FileManager.default.destinationOfSymbolicLink(atPath: "\(folder)/\($0)")
      }
      for pid in pids { #expect(open.contains("/proc/\(pid)/statm"), "\(open)") }
    }
  }

  @Test(arguments: [3, 16, 200])
  func aWorkerThatBreaksTheProtocolIsReplaced(count: Int) async throws {
    try await PoolFixture.with { fixture in
      let failure = try #require(try await fixture.failure("garbage \(count)"))
      #expect(failure.code == .crashed)
      #expect(failure.message.contains("malformed"))
      #expect(try await fixture.obey("analyse 2").facts.frames == 2)
    }
  }

  @Test func aQueryDoesNotWaitBehindTheBacklog() async throws {
    try await PoolFixture.with { fixture in
      try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { _ = try? await fixture.obey("hang") }
        for _ in 0..<5 { group.addTask { _ = try? await fixture.obey("analyse 1") } }
        let isBusy = try await fixture.wait { fixture.pool.status.contains { $0.file == "hang" } }
        #expect(isBusy)
        let answer = try await fixture.obey("analyse 4", lane: .query)
        #expect(answer.facts.frames == 4)
        group.cancelAll()
      }
    }
  }

  @Test func theBacklogIsNiceAndQueriesAreNot() async throws {
    let own = getpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0)
    try await PoolFixture.with { fixture in
      let backlog = try await fixture.obey("analyse 1")
      #expect(backlog.facts.warnings == ["nice \(min(19, own + 19))"])
      let query = try await fixture.obey("analyse 1", lane: .query)
      #expect(query.facts.warnings == ["nice \(own)"])
    }
  }

  @Test func aWorkerHasASessionAndFourDescriptorsOfItsOwn() async throws {
    let extra = try (0..<20).map { _ in try FileDescriptor.open("/dev/null", .readOnly) }
    for one in extra { _ = fcntl(one.rawValue, F_SETFD, 0) }
    defer { for one in extra { try? one.close() } }
    try await PoolFixture.with { fixture in
      let analysis = try await fixture.obey("descriptors")
      // 0–3 and the file.
      #expect(analysis.facts.frames == 5)
      let pid = try #require(analysis.metadata.title?.dropFirst("pid ".count))
      #expect(analysis.metadata.artist == "session \(pid)")
    }
  }

  @Test func cancellingGivesUpAFile() async throws {
    try await PoolFixture.with { fixture in
      for _ in 0..<3 {
        let task = Task { try await fixture.failure("hang") }
        #expect(
          try await fixture.wait { fixture.pool.status.contains { $0.file == "hang" } })
        task.cancel()
        #expect(try await task.value == .cancelled)
        #expect(try await fixture.obey("analyse 1").facts.frames == 1)
      }
      // And one that only waits.
      let busy = Task { try await fixture.failure("hang") }
      #expect(try await fixture.wait { fixture.pool.status.contains { $0.file == "hang" } })
      let queued = Task { try await fixture.failure("analyse 1") }
      queued.cancel()
      #expect(try await queued.value == .cancelled)
      busy.cancel()
      _ = try await busy.value
      _ = try await fixture.obey("analyse 1")
      #expect(
        try await fixture.wait { try Self.descriptorCount(under: fixture.directory) == 0 },
        "descriptors must not leak")
    }
  }

  /// How many of this process's descriptors are open on files below `directory`.
  private static func descriptorCount(under directory: TemporaryDirectory) throws -> Int {
    try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count {
      let target = try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/" + $0)
      return target?.hasPrefix(directory.path) ?? false
    }
  }

  @Test func shuttingDownGivesFilesBackAndLeavesNoProcess() async throws {
    let pids = Mutex<[Int32]>([])
    try await PoolFixture.with(PoolFixture.configuration(backlog: 2)) { fixture in
      _ = try await fixture.pool.loadedModels()
      let tasks = (0..<4).map { _ in Task { try await fixture.failure("hang") } }
      #expect(
        try await fixture.wait {
          fixture.pool.status.filter { $0.lane == .backlog }.allSatisfy { $0.state == .busy }
        })
      let running = fixture.pool.status.compactMap(\.pid)
      pids.withLock { $0 = running }
      fixture.pool.stop()
      for task in tasks { #expect(try await task.value == .shuttingDown) }
      #expect(try await fixture.failure("analyse 1") == .shuttingDown)
    }
    for pid in pids.withLock({ $0 }) { #expect(kill(pid, 0) == -1) }
  }

  @Test func progressArrivesAFewTimesASecond() async throws {
    let reports = Mutex<[Double]>([])
    try await PoolFixture.with { fixture in
      _ = try await fixture.obey("slow 60") { seconds in reports.withLock { $0.append(seconds) } }
    }
    let seen = reports.withLock { $0 }
    #expect(seen == seen.sorted())
    #expect(!seen.isEmpty)
    #expect(seen.count < 60)
  }

  @Test func aTalkativeWorkerIsHeardInBounds() async throws {
    try await PoolFixture.with { fixture in
      let analysis = try await fixture.obey("noise 20000")
      #expect(analysis.facts.frames == 1)
    }
  }
}
