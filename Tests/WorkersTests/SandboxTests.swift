import Core
import Testing

@testable import Workers

/// What a worker that a file has taken over can do.
@Suite struct SandboxTests {
  private static let trespasses = ["open", "connect", "fork", "execute", "write", "signal", "code"]

  @Test(arguments: trespasses) func aTrespassEndsTheWorkerAndCostsOneFile(order: String)
    async throws
  {
    try await PoolFixture.with { fixture in
      let sandbox = try await fixture.pool.capabilities().sandbox
      // Kernels without seccomp exist; there the daemon says so, and this test has nothing to see.
      guard sandbox.contains(.seccomp) else { return }
      let failure = try #require(try await fixture.failure(order))
      #expect(failure.code == .crashed && failure.message.contains("SIGSYS"), "\(failure)")
      #expect(try await fixture.obey("analyse 2").facts.frames == 2)
      #expect(fixture.pool.status.map(\.restarts).reduce(0, +) == 1)
    }
  }

  @Test(arguments: ["chdir", "look"]) func whatIsNotNeededFails(order: String) async throws {
    try await PoolFixture.with { fixture in
      guard try await fixture.pool.capabilities().sandbox.contains(.seccomp) else { return }
      #expect(try await fixture.obey(order).facts.frames == 2)
    }
  }

  /// The same orders without the sandbox do what they say: the tests above see the sandbox and nothing
  /// else. (The file is open for reading only, so that even a free worker cannot write to it.)
  @Test func aFreeWorkerCouldDoAllThat() async throws {
    try await PoolFixture.with(PoolFixture.configuration(models: ["/models/free"])) { fixture in
      #expect(try await fixture.pool.capabilities().sandbox == [])
      for order in Self.trespasses where order != "write" && order != "execute" {
        let failure = try #require(try await fixture.failure(order))
        #expect(failure.message.contains("status 90"), "\(order): \(failure)")
      }
      let written = try #require(try await fixture.failure("write"))
      #expect(written.message.contains("status 91"), "\(written)")
      let executed = try #require(try await fixture.failure("execute"))
      #expect(executed.message.contains("status 0"), "\(executed)")
    }
  }
}
