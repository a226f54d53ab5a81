import Testing

@testable import Library

@Suite struct DuplicateComparisonTests {
  /// Seconds that no `Duration` holds.
  @Test(arguments: [1e300, .infinity, .greatestFiniteMagnitude])
  func waitingForeverCanBeEnded(seconds: Double) async {
    let comparison = DuplicateComparison(revision: 0)
    let waiting = Task { await comparison.wait(atMost: seconds) }
    waiting.cancel()
    await waiting.value
    #expect(comparison.result == nil)
  }
}
