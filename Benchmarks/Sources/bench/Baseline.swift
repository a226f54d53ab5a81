import Foundation

/// The table that stands in Benchmarks/README.md, to see what has moved since.
struct Baseline {
  /// Differences below this share are noise on most machines.
  private static let noise = 0.1

  private var values: [String: String] = [:]
  private var machine = ""
  private var date = ""

  /// Reads what ``Report/write(_:to:)`` has written.
  init(file: String) throws {
    let text = try String(contentsOfFile: file, encoding: .utf8)
    guard let marker = text.range(of: Report.marker) else { throw CocoaError(.fileReadCorruptFile) }
    for line in text[marker.upperBound...].split(separator: "\n") {
      if line.hasPrefix("## ") { break }
      if line.hasPrefix("Measured on ") { date = String(line.dropFirst(12).prefix(10)) }
      if line.hasPrefix("Machine: ") { machine = String(line.dropFirst(9)) }
      let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
      if line.hasPrefix("|"), cells.count >= 2 { values[cells[0]] = cells[1] }
    }
  }

  /// What moved, a line each, and what the comparison is worth.
  func comparison(with report: Report, on machine: Machine) -> String {
    var lines: [String] = []
    for row in report.rows {
      guard let old = values[row.measure], let before = Self.number(old),
        let after = Self.number(row.value), before != after
      else { continue }
      let change = before > 0 ? after / before - 1 : .infinity
      guard abs(change) >= Self.noise else { continue }
      let share = change.isFinite ? String(format: " (%+.0f %%)", 100 * change) : ""
      lines.append("- \(row.measure): \(old) → \(row.value)\(share)")
    }
    if lines.isEmpty { lines = ["- nothing by more than \(Int(100 * Self.noise)) %"] }
    var title = "Moved since the table of \(date)"
    if !self.machine.hasPrefix(machine.processor + ",") {
      title += ", which another machine made (\(self.machine)): compare ratios, not times"
    }
    return "\n\(title):\n\n" + lines.joined(separator: "\n") + "\n"
  }

  /// The first number of a cell, such as 1.02 in "1.02 × (6.25 s / 6.14 s)".
  private static func number(_ cell: String) -> Double? {
    cell.firstMatch(of: /\d+(?:\.\d+)?/).flatMap { Double($0.0) }
  }
}
