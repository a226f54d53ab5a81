import ArgumentParser

/// A time within a recording: seconds (`92`, `92.5`) or `minutes:seconds` (`1:32.5`), or
/// `hours:minutes:seconds` (`1:02:03`).
struct TimeArgument: ExpressibleByArgument, Hashable, Sendable {
  /// Seconds, ≥ 0 and finite.
  let seconds: Double

  init?(argument: String) {
    let fields = argument.split(separator: ":", omittingEmptySubsequences: false)
    guard (1...3).contains(fields.count), let last = fields.last,
      var total = Self.decimal(last)
    else { return nil }
    // With a larger unit in front, 75 seconds can only be a slip.
    if fields.count > 1, total >= 60 { return nil }
    var unit = 60.0
    for (position, field) in fields.dropLast().reversed().enumerated() {
      guard field.utf8.count <= 9, let value = Self.integer(field) else { return nil }
      if position == 0, fields.count == 3, value >= 60 { return nil }
      total += Double(value) * unit
      unit *= 60
    }
    seconds = total
  }

  private static func integer(_ text: Substring) -> Int? {
    guard !text.isEmpty, text.utf8.allSatisfy(isDigit) else { return nil }
    return Int(text)
  }

  private static func decimal(_ text: Substring) -> Double? {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard (1...2).contains(parts.count),
      parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(isDigit) }), text.utf8.count <= 20
    else { return nil }
    return Double(text)
  }

  private static func isDigit(_ unit: UInt8) -> Bool { (0x30...0x39).contains(unit) }
}
