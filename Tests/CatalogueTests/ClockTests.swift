import Core
import TestSupport
import Testing

@testable import Catalogue

/// A clock that jumps: nothing waits for ever, and nothing is forgotten early.
@Suite struct ClockTests {
  private static let day = 86_400.0

  /// - Parameter jump: seconds by which the clock is put back after the failure.
  @Test(arguments: [7_300.0, 400 * day])
  func aFailureIsTriedAgainThoughTheClockIsPutBack(jump: Double) async throws {
    let fixture = try CatalogueFixture()
    let start = 1_000 * Self.day
    _ = try await fixture.catalogue.observe(
      [fixture.observed("/a", inode: 1)], isLive: false, now: start)
    let item = try #require(try await fixture.work(now: start).first)
    _ = try await fixture.catalogue.record(
      [.failed(item, AnalysisFailure(.readError, "EIO"), decoder: "d")], now: start)
    // Before the jump the pause holds.
    #expect(try await fixture.work(now: start).isEmpty)
    #expect(try await fixture.catalogue.nextRetry(now: start) == 5)
    #expect(try await fixture.work(now: start - jump).map(\.path) == ["/a"])
    #expect(try await fixture.catalogue.nextRetry(now: start - jump) == 0)
  }

  /// Looks once a day, as the library's upkeep does, and forgets what is older than 30 days.
  private func upkeep(_ catalogue: Catalogue, now: Double) async throws -> Int {
    try await catalogue.ageOrphans(atMost: 2 * Self.day, now: now)
    return try await catalogue.purgeOrphans(before: now - 30 * Self.day).count
  }

  @Test func aRecordingIsForgottenAfterThirtyDaysOfUpkeep() async throws {
    let fixture = try CatalogueFixture()
    try await fixture.addAnalysed(["/m/a"])
    var now = 1_000 * Self.day
    #expect(try await upkeep(fixture.catalogue, now: now) == 0)
    _ = try await fixture.catalogue.removeFiles(["/m/a"], now: now)
    for _ in 0..<30 {
      now += Self.day
      #expect(try await upkeep(fixture.catalogue, now: now) == 0)
    }
    #expect(try await upkeep(fixture.catalogue, now: now + Self.day) == 1)
  }

  /// The clock jumps forward by a year, as one without a battery does once it hears of the time; what
  /// was orphaned before and after the jump still has its 30 days.
  @Test func aJumpForwardForgetsNothing() async throws {
    let fixture = try CatalogueFixture()
    try await fixture.addAnalysed(["/m/a", "/m/b"])
    var now = 1_000 * Self.day
    #expect(try await upkeep(fixture.catalogue, now: now) == 0)
    _ = try await fixture.catalogue.removeFiles(["/m/a"], now: now)
    now += 365 * Self.day
    _ = try await fixture.catalogue.removeFiles(["/m/b"], now: now)
    #expect(try await upkeep(fixture.catalogue, now: now) == 0)
    for _ in 0..<28 {
      now += Self.day
      #expect(try await upkeep(fixture.catalogue, now: now) == 0)
    }
    // The year counted as two days.
    #expect(try await upkeep(fixture.catalogue, now: now + Self.day) == 1)
    #expect(try await upkeep(fixture.catalogue, now: now + 3 * Self.day) == 1)
  }

  /// Put back by a year: otherwise what was orphaned before would stay for a year longer.
  @Test func aJumpBackDelaysNothingForLong() async throws {
    let fixture = try CatalogueFixture()
    try await fixture.addAnalysed(["/m/a", "/m/b"])
    var now = 1_000 * Self.day
    #expect(try await upkeep(fixture.catalogue, now: now) == 0)
    _ = try await fixture.catalogue.removeFiles(["/m/a"], now: now)
    now -= 365 * Self.day
    _ = try await fixture.catalogue.removeFiles(["/m/b"], now: now)
    #expect(try await upkeep(fixture.catalogue, now: now) == 0)
    for _ in 0..<30 {
      now += Self.day
      #expect(try await upkeep(fixture.catalogue, now: now) == 0)
    }
    #expect(try await upkeep(fixture.catalogue, now: now + Self.day) == 2)
  }
}
