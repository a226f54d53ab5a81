import Glibc

/// Turns a worker's standard error into lines, bounded in length and number.
struct LineCollector {
  static let maximumLength = 1024
  static let maximumLines = 50

  private var pending: [UInt8] = []
  private var isCut = false
  private(set) var count = 0
  /// The last whole line.
  private(set) var last: String?

  /// Begins to count anew, as for the next file.
  mutating func reset() {
    count = 0
    last = nil
  }

  /// The lines that `bytes` complete, as far as the limit allows.
  mutating func append(_ bytes: some Sequence<UInt8>) -> [String] {
    var lines: [String] = []
    for byte in bytes {
      guard byte != UInt8(ascii: "\n") else {
        if let line = flush() { lines.append(line) }
        continue
      }
      if pending.count < Self.maximumLength { pending.append(byte) } else { isCut = true }
    }
    return lines
  }

  /// What is left without an end of line.
  mutating func flush() -> String? {
    guard !pending.isEmpty else { return nil }
    var line = String(decoding: pending.map { $0 < 32 ? 32 : $0 }, as: UTF8.self)
    if isCut { line += " …" }
    pending = []
    isCut = false
    last = line
    count += 1
    if count == Self.maximumLines { return line + " (further lines are dropped)" }
    return count < Self.maximumLines ? line : nil
  }
}
