import API
import Core
import SystemPackage

/// The answer to "what sounds like this?" for people, for programs that take paths, for players.
struct SimilarReport {
  private let answer: Wire.SimilarAnswer

  init(_ answer: Wire.SimilarAnswer) { self.answer = answer }

  /// Best first.
  var paths: [FilePath] { answer.results.compactMap(\.filePath) }

  /// An extended M3U playlist.
  var playlist: [UInt8] {
    var bytes = Playlist.header
    for result in answer.results {
      guard let path = result.filePath else { continue }
      bytes += Playlist.lines(
        Playlist.Entry(
          path: path, duration: result.duration, title: result.metadata.title,
          artist: result.metadata.artist, range: range(of: result)))
    }
    return bytes
  }

  /// A table: rank, score, where it is heard if a moment was asked for, length, title, path.
  func lines(on terminal: Terminal) -> [String] {
    guard !answer.results.isEmpty else { return [] }
    var table = Table([
      Table.Column(title: "#", alignment: .right), Table.Column(title: "SCORE", alignment: .right),
      Table.Column(title: "HEARD AT"), Table.Column(title: "LENGTH", alignment: .right),
      Table.Column(title: "TITLE", fit: .end), Table.Column(title: "FILE", fit: .middle),
    ])
    for (index, result) in answer.results.enumerated() {
      let copies = result.paths.count > 1 ? " (+\(result.paths.count - 1))" : ""
      table.append([
        "\(index + 1)", Format.fixed(result.score, 3),
        range(of: result).map { "\(Format.moment($0.from))–\(Format.moment($0.to))" } ?? "",
        Format.duration(result.duration), result.metadata.heading,
        (result.filePath?.escaped ?? result.path) + copies,
      ])
    }
    var lines = table.lines(width: terminal.width)
    lines[0] = terminal.bold(lines[0])
    return lines
  }

  private func range(of result: Wire.SimilarResult) -> TimeRange? {
    guard let from = result.from, let to = result.to else { return nil }
    return try? TimeRange(from: from, to: to)
  }
}
