import API
import Core

/// Groups of files that hold the same music, for people.
struct DuplicatesReport {
  private let answer: Wire.DuplicateAnswer

  init(_ answer: Wire.DuplicateAnswer) { self.answer = answer }

  /// One table, with a blank line between groups. Empty without groups.
  func lines(on terminal: Terminal) -> [String] {
    guard !answer.groups.isEmpty else { return [] }
    var table = Table([
      Table.Column(title: "RELATION"), Table.Column(title: "PLACE"),
      Table.Column(title: "LENGTH", alignment: .right), Table.Column(title: "FORMAT", fit: .end),
      Table.Column(title: "RATE", alignment: .right),
      Table.Column(title: "KBIT/S", alignment: .right),
      Table.Column(title: "SIZE", alignment: .right), Table.Column(title: "FILE", fit: .middle),
    ])
    for group in answer.groups {
      for file in group.files {
        table.append([
          relation(file, in: group), Self.place(file), Format.moment(file.duration),
          Self.format(file), Format.integer(file.sampleRate),
          Format.integer((file.bitRate + 500) / 1_000), Format.bytes(file.size),
          file.filePath?.escaped ?? file.path,
        ])
      }
    }
    var rows = table.lines(width: terminal.width)[...]
    var lines = [terminal.bold(rows.removeFirst())]
    for (number, group) in answer.groups.enumerated() {
      if number > 0 { lines.append("") }
      lines += rows.prefix(group.files.count)
      rows = rows.dropFirst(group.files.count)
    }
    return lines
  }

  /// What was found, in one sentence.
  var summary: String {
    let compared = Format.count(answer.recordings, "recording")
    let copies = answer.groups.filter { $0.relation.isCopy }
    let wholes = answer.groups.count - copies.count
    guard !answer.groups.isEmpty else { return "no two files hold the same music: \(compared)" }
    let besides = copies.flatMap(\.files).filter { !$0.best }
    let room = Format.bytes(besides.reduce(0) { $0 + $1.size })
    var parts: [String] = []
    if !copies.isEmpty {
      parts.append(
        "\(Format.count(copies.count, "group")) of copies, \(Format.count(besides.count, "file")) "
          + "besides the best ones (\(room))")
    }
    if wholes > 0 { parts.append("\(Format.count(wholes, "file")) with parts in others") }
    return parts.joined(separator: "; ") + "; \(compared) compared"
  }

  private func relation(_ file: Wire.DuplicateFile, in group: Wire.DuplicateGroup) -> String {
    guard let relation = file.relation else { return group.relation.isCopy ? "best" : "whole" }
    return relation == .contained ? "part" : relation.rawValue
  }

  /// Where it lies in the best one, or how fast it runs, where that is not plain.
  private static func place(_ file: Wire.DuplicateFile) -> String {
    guard let relation = file.relation, let offset = file.offset, let speed = file.speed else {
      return ""
    }
    switch relation {
    case .sameSamples, .sameRecording: return ""
    case .trimmed, .sharing:
      return "\(offset < 0 ? "−" : "+")\(Format.fixed(abs(offset), 1)) s"
    case .spedUp: return "\(Format.fixed(100 * speed, 1)) %"
    case .contained: return "at \(Format.moment(max(0, offset)))"
    }
  }

  /// `FLAC`, `Vorbis`: the container's name where the codec is plain PCM.
  private static func format(_ file: Wire.DuplicateFile) -> String {
    guard let codec = file.codec, let container = file.container else { return "" }
    let isPlain = codec.contains("PCM") || codec.contains("float")
    let text = isPlain ? container.prefix { $0 != "(" } : codec[...]
    return String(text).withoutControls.trimmed
  }
}

extension String {
  /// Without blanks at the end.
  fileprivate var trimmed: String {
    var text = self
    while text.last == " " { text.removeLast() }
    return text
  }
}
