import Core
import Foundation
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Workers

@Suite struct WorkerStartTests {
  private func error(_ body: () async throws -> Void) async throws -> HarkError? {
    do {
      try await body()
      return nil
    } catch let error as HarkError {
      return error
    }
  }

  @Test func aModelThatCannotBeLoadedIsAnErrorInTheWorkersWords() async throws {
    let configuration = PoolFixture.configuration(models: ["/models/missing"])
    try await PoolFixture.with(configuration) { fixture in
      let error = try await error { _ = try await fixture.pool.loadedModels() }
      #expect(error?.code == .notFound)
      #expect(error?.message == "no model '/models/missing'")
      #expect(error?.remedy == "name another")
      let failure = try #require(try await fixture.failure("analyse 1"))
      #expect(failure.code == .unavailable)
      #expect(failure.message.contains("no model '/models/missing'"))
    }
  }

  @Test func aWorkerThatEndsAtOnceIsGivenUpAfterAFewTries() async throws {
    let configuration = PoolFixture.configuration(models: ["/models/exit-at-start"], query: 0)
    try await PoolFixture.with(configuration) { fixture in
      let error = try await error { _ = try await fixture.pool.loadedModels() }
      #expect(error?.code == .unavailable)
      #expect(error?.cause?.contains("status 3") == true)
      #expect(error?.cause?.contains("cannot start") == true)
      #expect(fixture.pool.status.map(\.restarts).reduce(0, +) >= 3)
    }
  }

  /// As the kernel does where a service has no memory left, until there is some.
  @Test func workersThatAreKilledAsTheyStartAreToldWithWhatHelps() async throws {
    let directory = try TemporaryDirectory()
    let model = directory("killed-until-it-is-there")
    let configuration = PoolFixture.configuration(models: [FilePath(model.path)], query: 0)
    try await PoolFixture.with(configuration) { fixture in
      let error = try await error { _ = try await fixture.pool.loadedModels() }
      #expect(error?.cause?.contains("SIGKILL") == true)
      #expect(error?.remedy?.contains("MemoryMax=") == true)
      #expect(fixture.pool.startFailures.keys.elementsEqual([.backlog]))
      try Data().write(to: model)
      #expect(try await fixture.wait { fixture.pool.startFailures.isEmpty })
      #expect(try await fixture.obey("analyse 1").facts.frames == 1)
    }
  }

  @Test func aWorkerThatNeverGreetsIsGivenUp() async throws {
    var configuration = PoolFixture.configuration(models: ["/models/silent"], query: 0)
    configuration.startLimit = 0.2
    try await PoolFixture.with(configuration) { fixture in
      let error = try await error { _ = try await fixture.pool.loadedModels() }
      #expect(error?.code == .timedOut)
    }
  }

  @Test func aWorkerOfAnotherProtocolIsNamed() async throws {
    let configuration = PoolFixture.configuration(models: ["/models/garbage"], query: 0)
    try await PoolFixture.with(configuration) { fixture in
      let error = try await error { _ = try await fixture.pool.loadedModels() }
      #expect(error?.message.contains("another protocol") == true)
    }
  }

  @Test func aProgramThatIsMissingIsNamed() async throws {
    var configuration = PoolFixture.configuration()
    configuration.executable = "/nowhere/hark-worker"
    try await PoolFixture.with(configuration) { fixture in
      let error = try await error { _ = try await fixture.pool.loadedModels() }
      #expect(error?.code == .notFound)
      #expect(error?.message.contains("/nowhere/hark-worker") == true)
    }
  }

  @Test func modelsAreReplacedWithoutLosingAFile() async throws {
    try await PoolFixture.with { fixture in
      _ = try await fixture.pool.loadedModels()
      let hasBegun = Mutex(false)
      async let slow = fixture.obey("slow 50", progress: { _ in hasBegun.withLock { $0 = true } })
      #expect(try await fixture.wait { hasBegun.withLock { $0 } })
      try await fixture.pool.replaceModels(["/models/second", "/models/third"])
      let models = try await fixture.pool.loadedModels()
      #expect(models.map(\.info.name) == ["/models/second", "/models/third"])
      #expect(try await slow.facts.frames == 1)
      let id = try #require(ModelID(models[1].info.id))
      let analysis = try await fixture.obey("analyse 1", models: [id])
      #expect(analysis.embeddings.map(\.model) == [id])
    }
  }

  @Test func aBadListOfModelsChangesNothing() async throws {
    try await PoolFixture.with { fixture in
      _ = try await fixture.pool.loadedModels()
      let error = try await error { try await fixture.pool.replaceModels(["/models/missing"]) }
      #expect(error?.code == .notFound)
      #expect(try await fixture.pool.loadedModels().map(\.info.name) == ["/models/first"])
      #expect(try await fixture.obey("analyse 1").facts.frames == 1)
    }
  }

  @Test func aPoolWithoutAQueryWorkerSaysSo() async throws {
    try await PoolFixture.with(PoolFixture.configuration(query: 0)) { fixture in
      let failure = try await fixture.failure("analyse 1", lane: .query)
      #expect(failure?.code == .unavailable)
    }
  }
}
