/// A table for people. On a terminal it fits the width: flexible columns share what the others
/// leave; in a pipe nothing is cut.
struct Table {
  /// How one column is set.
  struct Column {
    enum Alignment { case left, right }

    /// What happens to a text that is too wide.
    enum Fit {
      /// Always shown whole.
      case whole
      /// Cut at the end.
      case end
      /// Cut in the middle, as suits paths.
      case middle
    }

    var title: String
    var alignment: Alignment = .left
    var fit: Fit = .whole
  }

  private static let gap = 2
  /// A flexible column is not made narrower than this, even if the table then passes the width.
  private static let narrowest = 8

  let columns: [Column]
  private(set) var rows: [[String]] = []

  init(_ columns: [Column]) { self.columns = columns }

  /// Takes one text a column, without line breaks.
  mutating func append(_ row: [String]) {
    precondition(row.count == columns.count)
    rows.append(row)
  }

  /// The lines, title first, without trailing blanks. `width` is the terminal's, `nil` for a pipe.
  /// Columns that are empty in every row are left out. Complexity: O(characters).
  func lines(width: Int?) -> [String] {
    let shown = columns.indices.filter { column in rows.contains { !$0[column].isEmpty } }
    let widths = fittedWidths(shown, width: width)
    let titles = columns.map(\.title)
    return ([titles] + rows).map { line($0, shown, widths) }
  }

  private func fittedWidths(_ shown: [Int], width: Int?) -> [Int: Int] {
    var widths: [Int: Int] = [:]
    for column in shown {
      widths[column] =
        ([columns[column].title] + rows.map { $0[column] })
        .map(TextWidth.columns).max() ?? 0
    }
    guard let width else { return widths }
    var excess = widths.values.reduce(Self.gap * max(0, shown.count - 1), +) - width
    // The widest gives way first, down to the next widest, so that short columns stay whole.
    while excess > 0 {
      let flexible = shown.filter { columns[$0].fit != .whole }
      guard
        let widest = flexible.max(by: { widths[$0, default: 0] < widths[$1, default: 0] }),
        let current = widths[widest], current > Self.narrowest
      else { break }
      let next = flexible.filter { $0 != widest }.map { widths[$0, default: 0] }.max() ?? 0
      let step = min(excess, max(1, current - max(next, Self.narrowest)))
      widths[widest] = current - step
      excess -= step
    }
    return widths
  }

  private func line(_ cells: [String], _ shown: [Int], _ widths: [Int: Int]) -> String {
    var line = ""
    for column in shown {
      let width = widths[column, default: 0]
      var text = cells[column]
      switch columns[column].fit {
      case .whole: break
      case .end: text = TextWidth.truncateEnd(text, to: width)
      case .middle: text = TextWidth.truncateMiddle(text, to: width)
      }
      let padding = String(repeating: " ", count: max(0, width - TextWidth.columns(text)))
      if column != shown.first { line += String(repeating: " ", count: Self.gap) }
      line += columns[column].alignment == .left ? text + padding : padding + text
    }
    while line.last == " " { line.removeLast() }
    return line
  }
}
