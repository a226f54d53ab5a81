#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What a descriptor leads to: a person's terminal, or a pipe or file.
struct Terminal: Hashable, Sendable {
  var isTerminal: Bool
  /// Columns; `nil` where nothing bounds them.
  var width: Int?
  /// Whether colours and weights may be used.
  var isStyled: Bool

  static let standardOutput = Terminal(descriptor: STDOUT_FILENO)
  static let standardError = Terminal(descriptor: STDERR_FILENO)

  init(descriptor: Int32) {
    var size = winsize()
    let isTerminal = isatty(descriptor) == 1
    let answered = isTerminal && ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0
    self.init(
      isTerminal: isTerminal, reportedWidth: answered ? Int(size.ws_col) : nil,
      environment: { name in getenv(name).map { String(cString: $0) } })
  }

  /// `COLUMNS` says more than the terminal, since the user set it. `NO_COLOR`, if not empty, and
  /// `TERM=dumb` forbid styles (no-color.org).
  init(isTerminal: Bool, reportedWidth: Int?, environment: (String) -> String?) {
    self.isTerminal = isTerminal
    let named = environment("COLUMNS").flatMap(Int.init).flatMap { $0 > 0 ? $0 : nil }
    let reported = reportedWidth.flatMap { $0 > 0 ? $0 : nil }
    width = named ?? reported ?? (isTerminal ? 80 : nil)
    let isForbidden = environment("NO_COLOR").map { !$0.isEmpty } ?? false
    isStyled = isTerminal && !isForbidden && environment("TERM") != "dumb"
  }

  /// Text in bold where styles are allowed.
  func bold(_ text: String) -> String { isStyled ? "\u{1b}[1m\(text)\u{1b}[0m" : text }

  /// Text in yellow, for warnings, where styles are allowed.
  func warning(_ text: String) -> String { isStyled ? "\u{1b}[33m\(text)\u{1b}[0m" : text }
}
