import Foundation

/// One line of the table.
struct Row {
  var measure: String
  var value: String
  var goal = "–"
  /// The value as a multiple of its goal: at most 1 where it is met.
  var ratio: Double?

  /// A figure without a goal.
  init(_ measure: String, _ value: String) {
    self.measure = measure
    self.value = value
  }

  /// A figure that must not exceed `goal`.
  init(_ measure: String, _ value: Double, _ unit: String, digits: Int = 2, goal: Double) {
    self.measure = measure
    self.value = Self.text(value, digits, unit)
    self.goal = "≤ " + Self.text(goal, goal == goal.rounded() ? 0 : 1, unit)
    // Of nothing there is no multiple.
    ratio = goal > 0 ? value / goal : nil
  }

  static func text(_ value: Double, _ digits: Int, _ unit: String) -> String {
    String(format: "%.\(digits)f", value) + (unit.isEmpty ? "" : " " + unit)
  }
}

/// The Markdown that the benchmarks print.
struct Report {
  var rows: [Row] = []
  /// How the figures came about, one line each.
  var notes: [String] = []

  mutating func add(_ more: Report) {
    rows += more.rows
    notes += more.notes
  }

  func markdown(_ machine: Machine) -> String {
    var lines = ["| measure | value | goal | value / goal |", "| --- | --- | --- | --- |"]
    for row in rows {
      let ratio = row.ratio.map { Row.text($0, 2, "") } ?? "–"
      lines.append("| \(row.measure) | \(row.value) | \(row.goal) | \(ratio) |")
    }
    lines += ["", "Machine: \(machine.description)", ""]
    lines += notes.map { "- " + $0 }
    return lines.joined(separator: "\n") + "\n"
  }

  /// After it stands the table.
  static let marker = "<!-- figures -->\n"

  /// Replaces what stands between the marker line in `file` and the next section by the table, with
  /// today's date above it.
  static func write(_ markdown: String, to file: String) throws {
    let text = try String(contentsOfFile: file, encoding: .utf8)
    guard let marker = text.range(of: marker) else { throw CocoaError(.fileReadCorruptFile) }
    let after = text[marker.upperBound...]
    let rest = after.range(of: "\n## ").map { after[$0.lowerBound...] } ?? ""
    let date = Date().formatted(.iso8601.year().month().day())
    let new = text[..<marker.upperBound] + "\nMeasured on \(date).\n\n" + markdown + rest
    try String(new).write(toFile: file, atomically: true, encoding: .utf8)
  }
}
