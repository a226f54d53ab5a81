import Foundation
import Logging
import Server
import Synchronization

/// Writes one line a message to standard error, with a time; or, under systemd, sends it to the journal
/// with fields that can be searched for.
struct JournalLogHandler: LogHandler {
  var metadata: Logger.Metadata = [:]

  /// One level for all loggers, so that rereading the settings changes it everywhere.
  private static let level = Mutex(Logger.Level.info)

  private let label: String
  /// Whether standard error leads to the journal, which then reads priorities (sd-daemon(3)).
  private let isJournal: Bool
  private let journal: JournalSocket?

  init(label: String, environment: [String: String], journal: JournalSocket?) {
    self.label = label
    self.journal = journal
    isJournal = environment["JOURNAL_STREAM"] != nil
  }

  static func setLevel(_ level: Logger.Level) { Self.level.withLock { $0 = level } }

  var logLevel: Logger.Level {
    get { Self.level.withLock { $0 } }
    set {}
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let all = metadata.merging(event.metadata ?? [:]) { _, new in new }
    let details = all.sorted { $0.key < $1.key }
    let words = details.map { " \($0.key)=\($0.value)" }.joined()
    // One message, one line, whatever a file's name holds.
    let text = "\(event.message)\(words)".replacing("\n", with: "\\n")
    let priority = Self.priority(event.level)
    let fields = Self.fields(
      text, priority, label, event, details.map { ($0.key, "\($0.value)") })
    if let journal, journal.send(fields) { return }
    if isJournal {
      write("<\(priority)>\(text)\n")
    } else {
      let time = Date.now.formatted(.iso8601)
      write("\(time) \(event.level.rawValue) \(text)\n")
    }
  }

  /// A log that cannot be written, as on a full disk, must not end the daemon, as `FileHandle.write(_:)`
  /// would.
  private func write(_ line: String) {
    try? FileHandle.standardError.write(contentsOf: Data(line.utf8))
  }

  /// The journal's fields: the message as people read it, where it comes from, and every detail under
  /// a name of its own (`HARK_FILE`, `HARK_PID`).
  static func fields(
    _ text: String, _ priority: Int, _ label: String, _ event: LogEvent,
    _ details: [(name: String, value: String)]
  ) -> [(name: String, value: String)] {
    let known = [
      ("MESSAGE", text), ("PRIORITY", "\(priority)"), ("SYSLOG_IDENTIFIER", "harkd"),
      ("CODE_FILE", event.file), ("CODE_LINE", "\(event.line)"), ("CODE_FUNC", event.function),
      ("HARK_LOGGER", label), ("HARK_LEVEL", event.level.rawValue), ("HARK_ROOM", event.source),
    ]
    return known + details.map { (fieldName($0.name), $0.value) }
  }

  /// The journal takes capitals, digits and `_`, up to 64 bytes; anything else in a name becomes `_`.
  static func fieldName(_ key: String) -> String {
    let name = key.uppercased().unicodeScalars.map { scalar -> Character in
      let isPlain =
        scalar.isASCII && (scalar.properties.isAlphabetic || ("0"..."9").contains(scalar))
      return isPlain ? Character(scalar) : "_"
    }
    return String("HARK_\(String(name))".prefix(64))
  }

  /// syslog(3) priorities.
  private static func priority(_ level: Logger.Level) -> Int {
    switch level {
    case .critical: 2
    case .error: 3
    case .warning: 4
    case .notice: 5
    case .info: 6
    case .debug, .trace: 7
    }
  }
}
