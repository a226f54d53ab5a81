/// One line on standard error that is drawn over and over while a person waits. In a pipe it stays
/// silent.
struct ProgressBar {
  private let terminal: Terminal
  private var isShown = false
  private var estimate = ProgressEstimate()

  init(terminal: Terminal = .standardError) { self.terminal = terminal }

  /// Draws how things stand. `time` is in seconds on a clock that only goes forward.
  mutating func show(_ what: String, done: Int, total: Int, at time: Double) {
    estimate.add(done: done, at: time)
    guard terminal.isTerminal else { return }
    let text = Self.line(
      what, done: done, total: total, rate: estimate.rate,
      timeLeft: estimate.timeLeft(for: total - done), width: terminal.width ?? 80)
    Output.raw("\r\(text)\u{1b}[K")
    isShown = true
  }

  /// Draws a text alone, where nothing can be counted yet.
  mutating func show(_ text: String) {
    guard terminal.isTerminal else { return }
    Output.raw("\r\(TextWidth.truncateEnd(text, to: (terminal.width ?? 80) - 1))\u{1b}[K")
    isShown = true
  }

  /// Takes the line away, so that other text can follow.
  mutating func clear() {
    guard isShown else { return }
    Output.raw("\r\u{1b}[K")
    isShown = false
  }

  /// `what [=====>    ] 12/345  3.4/s  1 min left`, with the bar in what is left of `width`.
  static func line(
    _ what: String, done: Int, total: Int, rate: Double?, timeLeft: Double?, width: Int
  ) -> String {
    let count = "\(Format.integer(done))/\(Format.integer(total))"
    var tail = count
    if let rate { tail += "  \(Format.fixed(rate, 1))/s" }
    if let timeLeft, done < total { tail += "  \(Format.span(timeLeft)) left" }
    // The last column stays free: some terminals wrap when it is written.
    let room = width - 1 - TextWidth.columns(what) - tail.count - 4
    guard room >= 5 else { return TextWidth.truncateEnd("\(what) \(tail)", to: width - 1) }
    let length = min(room, 40)
    let fraction = total > 0 ? min(1, max(0, Double(done) / Double(total))) : 0
    let filled = Int(fraction * Double(length))
    let bar =
      String(repeating: "=", count: filled)
      + (filled < length ? ">" + String(repeating: " ", count: length - filled - 1) : "")
    return "\(what) [\(bar)] \(tail)"
  }
}
