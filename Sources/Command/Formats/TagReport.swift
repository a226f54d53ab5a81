import API
import Core

/// Tags for people.
struct TagReport {
  /// Best first.
  let tags: [Wire.Tag]

  /// A table: score, label. Empty without tags.
  func lines(limit: Int, on terminal: Terminal) -> [String] {
    guard !tags.isEmpty else { return [] }
    var table = Table([
      Table.Column(title: "SCORE", alignment: .right), Table.Column(title: "TAG", fit: .end),
    ])
    for tag in tags.prefix(limit) {
      table.append([Format.fixed(tag.score, 3), tag.label.withoutControls])
    }
    var lines = table.lines(width: terminal.width)
    lines[0] = terminal.bold(lines[0])
    return lines
  }

  /// The five best that are worth a word, on one line; `nil` for a model that gives no tags.
  var summary: String? {
    guard !tags.isEmpty else { return nil }
    let worthy = tags.prefix(5).filter { $0.score > 0.1 }
    guard !worthy.isEmpty else { return "none with a score above 0.1" }
    return worthy.map { "\($0.label.withoutControls) \(Format.fixed($0.score, 2))" }
      .joined(separator: ", ")
  }
}
