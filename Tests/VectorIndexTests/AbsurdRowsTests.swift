import Core
import SystemPackage
import TestSupport
import Testing

@testable import VectorIndex

/// SQLite has no checksums: a flipped bit makes any number of one that refers to rows.
@Suite struct AbsurdRowsTests {
  @Test(arguments: [Int.max, Int.max / 2, 1 << 62, 1 << 40, -1, .min])
  func numbersThatAreNoRowsAreReported(number: Int) throws {
    let fixture = try IndexFixture()
    var random = SplitMix64(seed: 1)
    try fixture.add(1, pooled: random.unitVector(), segments: random.segments(2))
    let sound = try #require(fixture.stored[RecordingKey(1)])
    let changes: [(inout StoredRows) -> Void] = [
      { $0.pooled.first = number }, { $0.pooled.count = number }, { $0.segments.first = number },
      { $0.segments.count = number },
      {
        $0.segments.first = number
        $0.segments.count = number
      },
    ]
    for change in changes {
      var rows = sound
      change(&rows)
      let problems = ModelIndex.check(
        directory: fixture.path, model: fixture.model, rows: [rows], generation: 1)
      #expect(!problems.isEmpty)
      #expect(throws: HarkError.self) {
        try ModelIndex.open(
          directory: fixture.path, model: fixture.model, rows: [rows], generation: 1)
      }
    }
  }
}
