import API
import ArgumentParser
import Core
import SystemPackage

/// `hark list`.
struct ListCommand: DaemonCommand {
  static let configuration = CommandConfiguration(
    commandName: "list",
    abstract: "List the files of the library.",
    discussion: """
      All files that are audio, in the order of their paths' bytes. With --failed only those that \
      could not be analysed, each with the reason.

      EXAMPLES
        hark list --under ~/Music/Bach
        hark list --failed
        hark list --paths -0 | xargs -0 du -ch
        hark list --json | jq -r '.files[] | select(.duration > 600) | .path'
      """)

  /// Files asked for at once: the list is printed as it comes, whatever its length.
  static let pageSize = 1000

  @Flag(name: .long, help: "Only files whose analysis failed.")
  var failed = false

  @Option(
    name: .long, help: ArgumentHelp("Only files at or below this folder.", valueName: "dir"),
    completion: .directory)
  var under: PathArgument?

  @OptionGroup var format: ListFormatOptions
  @OptionGroup var connection: ConnectionOptions
  @ParentCommand var root: HarkCommand

  func run() async throws {
    let daemon = daemon
    var list = FileList(format: format, showsReasons: failed, terminal: .standardOutput)
    let under = under?.candidates().first
    var cursor: String?
    repeat {
      let page = try await daemon.files(
        states: failed ? [.failed] : [], under: under, limit: Self.pageSize, cursor: cursor)
      for file in page.files { try list.add(file) }
      try list.endPage()
      cursor = page.cursor
    } while cursor != nil
    try list.end()
    if list.isEmpty, let under {
      let what = failed ? "failed" : "is known"
      Output.note("hark: nothing that \(what) lies below \(under.escaped)")
    }
  }
}

/// Prints files one after the other, in whatever form was asked for.
struct FileList: ~Copyable {
  private let format: ListFormatOptions
  private let showsReasons: Bool
  private let terminal: Terminal
  private var output = Output.standard()
  private var count = 0

  var isEmpty: Bool { count == 0 }

  init(format: ListFormatOptions, showsReasons: Bool, terminal: Terminal) {
    self.format = format
    self.showsReasons = showsReasons
    self.terminal = terminal
  }

  mutating func add(_ file: Wire.File) throws(HarkError) {
    defer { count += 1 }
    if format.json {
      try output.write((count == 0 ? "{\"files\":[\n" : ",\n").utf8)
      try output.write(try WireJSON.encode(file))
    } else if format.paths {
      guard let path = file.filePath else { return }
      try output.write(path.bytes + [format.terminator])
    } else {
      for line in lines(file) { try output.line(line) }
    }
  }

  /// Lets what came be seen.
  mutating func endPage() throws(HarkError) { try output.flush() }

  mutating func end() throws(HarkError) {
    if format.json { try output.line(count == 0 ? "{\"files\":[]}" : "\n]}") }
    try output.flush()
  }

  private func lines(_ file: Wire.File) -> [String] {
    let path = file.filePath?.escaped ?? file.path
    if showsReasons {
      guard let failure = file.failure else { return [path] }
      return [path, "    \(failure.code): \(failure.message)\(Self.again(failure))"]
    }
    let length = file.duration.map(Format.duration) ?? "-"
    let head =
      file.state.rawValue.padded(to: 8) + "  "
      + String(repeating: " ", count: max(0, 8 - length.count)) + length + "  "
    guard let width = terminal.width else { return [head + path] }
    return [head + TextWidth.truncateMiddle(path, to: max(8, width - head.count))]
  }

  private static func again(_ failure: Wire.Failure) -> String {
    let times = failure.count > 1 ? " (\(failure.count) times)" : ""
    return times + (failure.retry == "afterPause" ? "; will be tried again" : "")
  }
}

extension String {
  /// With blanks up to `columns` characters.
  func padded(to columns: Int) -> String {
    self + String(repeating: " ", count: Swift.max(0, columns - count))
  }
}
