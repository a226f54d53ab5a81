import Core
import Synchronization
import Testing

@testable import Catalogue

@Suite struct SharedReadTests {
  /// Counts how often it is read, and what it gives each time.
  private final class Source: Sendable {
    let reads = Atomic<Int>(0)

    func read() async throws(HarkError) -> Int {
      let number = reads.add(1, ordering: .relaxed).newValue
      await Task.yield()
      return number
    }
  }

  @Test func manyWhoAskBetweenTwoChangesCostOneRead() async throws {
    let (source, shared) = (Source(), SharedRead<Int>())
    for changes in 1...3 {
      try await withThrowingTaskGroup(of: Int.self) { tasks in
        for _ in 0..<100 {
          tasks.addTask { try await shared.value(at: UInt64(changes), source.read) }
        }
        for try await value in tasks { #expect(value == changes) }
      }
    }
    #expect(source.reads.load(ordering: .relaxed) == 3)
    // Who saw fewer changes may have what is newer.
    #expect(try await shared.value(at: 1, source.read) == 3)
  }

  @Test func aFailureIsNotKept() async throws {
    let (source, shared) = (Source(), SharedRead<Int>())
    await #expect(throws: HarkError.self) {
      try await shared.value(at: 1) { () async throws(HarkError) -> Int in
        throw HarkError(.system, "once")
      }
    }
    #expect(try await shared.value(at: 1, source.read) == 1)
  }

  /// Whoever has written something finds it counted.
  @Test func countsFollowEachWrite() async throws {
    let fixture = try CatalogueFixture()
    for number in 1...5 {
      _ = try await fixture.catalogue.observe(
        [fixture.observed("/music/\(number).wav", inode: UInt64(number))], isLive: true, now: 1)
      #expect(try await fixture.catalogue.counts().files[.pending] == number)
      #expect(try await fixture.catalogue.counts().files[.pending] == number)
    }
  }
}
