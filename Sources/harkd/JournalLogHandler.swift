import Foundation
import Logging
import Synchronization

/// Writes one line a message to standard error: with a time for people, or, under systemd, with the
/// priority that the journal reads (sd-daemon(3)).
struct JournalLogHandler: LogHandler {
  var metadata: Logger.Metadata = [:]

  /// One level for all loggers, so that rereading the settings changes it everywhere.
  private static let level = Mutex(Logger.Level.info)

  private let isJournal: Bool

  init(environment: [String: String]) { isJournal = environment["JOURNAL_STREAM"] != nil }

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
    let details = all.sorted { $0.key < $1.key }.map { " \($0.key)=\($0.value)" }.joined()
    // One message, one line, whatever a file's name holds.
    let text = "\(event.message)\(details)".replacing("\n", with: "\\n")
    if isJournal {
      write("<\(Self.priority(event.level))>\(text)\n")
    } else {
      let time = Date.now.formatted(.iso8601)
      write("\(time) \(event.level.rawValue) \(text)\n")
    }
  }

  private func write(_ line: String) { FileHandle.standardError.write(Data(line.utf8)) }

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
