/// Numbers as people read them; no locale, so that output is the same everywhere.
enum Format {
  /// `m:ss` or `h:mm:ss`, rounded to whole seconds.
  static func duration(_ seconds: Double) -> String {
    let total = whole(seconds)
    let (hours, minutes) = (total / 3600, total / 60 % 60)
    let end = padded(total % 60, 2)
    return hours > 0 ? "\(hours):\(padded(minutes, 2)):\(end)" : "\(minutes):\(end)"
  }

  /// `m:ss.s` or `h:mm:ss.s`: where something is heard.
  static func moment(_ seconds: Double) -> String {
    let tenths = whole(seconds * 10)
    let (hours, minutes) = (tenths / 36_000, tenths / 600 % 60)
    let end = "\(padded(tenths / 10 % 60, 2)).\(tenths % 10)"
    return hours > 0 ? "\(hours):\(padded(minutes, 2)):\(end)" : "\(minutes):\(end)"
  }

  /// A length in words, coarse: `12 s`, `3 min`, `5.2 h`, `3.1 days`.
  static func span(_ seconds: Double) -> String {
    switch seconds {
    case ..<120: "\(whole(seconds)) s"
    case ..<7200: "\(whole(seconds / 60)) min"
    case ..<172_800: "\(fixed(seconds / 3600, 1)) h"
    default: "\(fixed(seconds / 86_400, 1)) days"
    }
  }

  /// `count` with its noun: `1 file`, `2 files`, `12,345 files`.
  static func count(_ count: Int, _ noun: String) -> String {
    "\(integer(count)) \(noun)\(count == 1 ? "" : "s")"
  }

  /// Groups of three digits: `12,345`.
  static func integer(_ value: Int) -> String {
    let digits = String(value.magnitude)
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return value < 0 ? "-" + text : text
  }

  /// Bytes in decimal units, as file managers show them.
  static func bytes(_ count: Int64) -> String {
    var value = Double(count)
    for unit in ["bytes", "kB", "MB", "GB"] {
      if value < 1000 { return unit == "bytes" ? "\(count) bytes" : "\(fixed(value, 1)) \(unit)" }
      value /= 1000
    }
    return "\(fixed(value, 1)) TB"
  }

  /// A number with exactly `places` (1–9) decimal places.
  static func fixed(_ value: Double, _ places: Int) -> String {
    guard value.isFinite, abs(value) < 1e9 else { return String(value) }
    var power = 1
    for _ in 0..<places { power *= 10 }
    let scaled = Int((value * Double(power)).rounded())
    let text = "\(scaled.magnitude / UInt(power)).\(padded(Int(scaled.magnitude) % power, places))"
    return scaled < 0 ? "-" + text : text
  }

  private static func whole(_ value: Double) -> Int {
    guard value.isFinite else { return 0 }
    return Int(max(0, min(value, 1e15)).rounded())
  }

  private static func padded(_ value: Int, _ width: Int) -> String {
    let digits = String(value)
    return String(repeating: "0", count: max(0, width - digits.count)) + digits
  }
}
