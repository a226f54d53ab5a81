import ArgumentParser

/// How a list of files is printed: for people, or for programs.
struct ListFormatOptions: ParsableArguments {
  @Flag(name: .long, help: "Print one JSON object.")
  var json = false

  @Flag(name: .long, help: "Print only paths, one a line, byte for byte.")
  var paths = false

  @Flag(
    name: [.customShort("0"), .customLong("null")],
    help: "End each path with a NUL instead of a line break, as xargs -0 wants it.")
  var null = false

  func validate() throws {
    if json, paths { throw ValidationError("--json and --paths exclude each other.") }
    if null, !paths { throw ValidationError("-0 goes with --paths.") }
  }

  /// What ends a path.
  var terminator: UInt8 { null ? 0 : UInt8(ascii: "\n") }
}
