import API
import Core
import SystemPackage
import TestSupport
import Testing

@testable import Command

@Suite struct TagFormatTests {
  private static let pipe = Terminal(isTerminal: false, reportedWidth: nil) { _ in nil }

  private static func tags(_ pairs: [(String, Double)]) -> [Wire.Tag] {
    pairs.map { Wire.Tag(Core.Tag(label: $0.0, score: $0.1)) }
  }

  @Test func theTableIsCutAtTheNumberWanted() {
    let report = TagReport(
      tags: Self.tags([("Piano", 0.98765), ("Music\u{1b}[2J", 0.5), ("Rain", 0)]))
    #expect(
      report.lines(limit: 2, on: Self.pipe) == ["SCORE  TAG", "0.988  Piano", "0.500  Music [2J"])
    #expect(report.lines(limit: 10, on: Self.pipe).count == 4)
    #expect(TagReport(tags: []).lines(limit: 10, on: Self.pipe).isEmpty)
  }

  @Test func theSummaryHoldsFiveWorthyTagsAtMost() {
    #expect(TagReport(tags: []).summary == nil)
    #expect(
      TagReport(tags: Self.tags([("a", 0.9), ("b", 0.101), ("c", 0.1)])).summary == "a 0.90, b 0.10"
    )
    #expect(TagReport(tags: Self.tags([("a", 0.1)])).summary == "none with a score above 0.1")
    let many = Self.tags((0..<9).map { ("t\($0)", 0.9 - Double($0) / 100) })
    #expect(TagReport(tags: many).summary == "t0 0.90, t1 0.89, t2 0.88, t3 0.87, t4 0.86")
  }

  private static func model(labels: Int, trained: Bool = true) -> Wire.Model {
    Wire.Model(
      id: String(repeating: "ab", count: 32), name: "hark-test", architecture: "vggish-hark",
      trained: trained, licence: "CC0-1.0", role: "active", precision: "int8", labels: labels,
      recordings: 1234, segments: 56_789)
  }

  @Test func aModelIsToldInFull() {
    let lines = ModelReport.lines(Self.model(labels: 521), on: Self.pipe)
    #expect(
      lines == [
        "Model       hark-test", "Id          " + String(repeating: "ab", count: 32),
        "Role        active", "Precision   int8", "Network     vggish-hark", "Trained     yes",
        "Licence     CC0-1.0", "Labels      521", "Recordings  1,234", "Segments    56,789",
      ])
    let bare = ModelReport.lines(Self.model(labels: 0, trained: false), on: Self.pipe)
    #expect(bare.contains("Labels      none: it gives no tags"))
    #expect(bare.contains("Trained     no: its weights mean nothing"))
  }

  @Test func modelsAreATable() {
    var kept = Self.model(labels: 0, trained: false)
    kept.role = "kept"
    kept.precision = nil
    #expect(
      ModelReport.table([Self.model(labels: 521), kept], on: Self.pipe) == [
        "MODEL      ID            ROLE    PRECISION  TRAINED  LABELS  RECORDINGS  LICENCE",
        "hark-test  abababababab  active  int8       yes         521       1,234  CC0-1.0",
        "hark-test  abababababab  kept    -          no            0       1,234  CC0-1.0",
      ])
    #expect(ModelReport.table([], on: Self.pipe).isEmpty)
  }
}
