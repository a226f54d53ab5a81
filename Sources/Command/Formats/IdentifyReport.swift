import API
import Core

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// The answer to "what recording is this?" for people.
struct IdentifyReport {
  private let answer: Wire.IdentifyAnswer

  init(_ answer: Wire.IdentifyAnswer) { self.answer = answer }

  /// A table: when it is heard in the query, where in the recording that is, how fast it runs, title,
  /// path. Empty without results.
  func lines(on terminal: Terminal) -> [String] {
    guard !answer.results.isEmpty else { return [] }
    var table = Table([
      Table.Column(title: "HEARD"), Table.Column(title: "AT", alignment: .right),
      Table.Column(title: "SPEED", alignment: .right),
      Table.Column(title: "TITLE", fit: .end), Table.Column(title: "FILE", fit: .middle),
    ])
    for result in answer.results {
      let copies = result.paths.count > 1 ? " (+\(result.paths.count - 1))" : ""
      table.append([
        result.intervals.map { "\(Format.moment($0.from))–\(Format.moment($0.to))" }
          .joined(separator: ", "), Self.moment(result.start), Self.speed(result),
        result.metadata.heading, (result.filePath?.escaped ?? result.path) + copies,
      ])
    }
    var lines = table.lines(width: terminal.width)
    lines[0] = terminal.bold(lines[0])
    return lines
  }

  private static func moment(_ seconds: Double) -> String {
    seconds < 0 ? "−\(Format.moment(-seconds))" : Format.moment(seconds)
  }

  private static func speed(_ result: Wire.IdentifyResult) -> String {
    let cents = 1_200 * result.pitchInOctaves
    let speed = "\(Format.fixed(100 * result.speed, 1)) %"
    let natural = abs(result.pitch / result.speed - 1) < 0.005 || abs(cents) < 5
    return natural ? speed : "\(speed), \(cents < 0 ? "" : "+")\(Format.fixed(cents, 0)) cents"
  }
}

extension Wire.IdentifyResult {
  /// Seconds into the recording at which it is first heard.
  fileprivate var start: Double { offset + speed * (intervals.first?.from ?? 0) }

  fileprivate var pitchInOctaves: Double { pitch > 0 ? log2(pitch) : 0 }
}
