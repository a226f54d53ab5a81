import Logging
import Testing

@testable import harkd

@Suite struct JournalLogHandlerTests {
  @Test func everyDetailIsAFieldOfItsOwn() {
    let event = LogEvent(
      level: .warning, message: "it failed", metadata: nil, source: nil, file: "Workers/Pool.swift",
      function: "run()", line: 7)
    let fields = JournalLogHandler.fields(
      "it failed file=/a.wav", 4, "harkd", event, [("file", "/a.wav"), ("exit-status", "3")])
    let values = Dictionary(uniqueKeysWithValues: fields.map { ($0.name, $0.value) })
    #expect(
      values == [
        "MESSAGE": "it failed file=/a.wav", "PRIORITY": "4", "SYSLOG_IDENTIFIER": "harkd",
        "CODE_FILE": "Workers/Pool.swift", "CODE_LINE": "7", "CODE_FUNC": "run()",
        "HARK_LOGGER": "harkd", "HARK_LEVEL": "warning", "HARK_ROOM": "Workers",
        "HARK_FILE": "/a.wav", "HARK_EXIT_STATUS": "3",
      ])
  }

  @Test func namesAreWhatTheJournalTakes() {
    #expect(JournalLogHandler.fieldName("größe 2") == "HARK_GR_SSE_2")
    #expect(JournalLogHandler.fieldName(String(repeating: "x", count: 99)).utf8.count == 64)
  }
}
