import ArgumentParser
import Core
import SystemPackage
import Workers

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// `hark restore`: the daemon's own program does it, since no daemon runs yet that could be asked.
struct RestoreCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "restore",
    abstract: "Make a state directory of a backup.",
    discussion: """
      Runs `harkd --restore FILE --state DIR`. The directory must hold no library, and no daemon may \
      use it. Everything in the backup is verified before the directory counts.

      EXAMPLES
        hark restore ~/hark-2026-01-31.tar --state ~/.local/state/hark
      """)

  @Argument(help: ArgumentHelp("What `hark backup` wrote.", valueName: "file"))
  var file: PathArgument

  @Option(
    name: .long,
    help: ArgumentHelp("The state directory; by default the daemon's.", valueName: "dir"),
    completion: .directory)
  var state: PathArgument?

  func run() throws {
    var arguments: [[UInt8]] = [Array("harkd".utf8), Array("--restore".utf8), file.path.bytes]
    if let state { arguments += [Array("--state".utf8), state.path.bytes] }
    let pointers = arguments.map { argument in
      strdup(argument.map { CChar(bitPattern: $0) } + [0])
    }
    defer { for pointer in pointers { free(pointer) } }
    // Beside this program first: an installed one must not restore for one that was built here.
    if let own = Executable.path?.removingLastComponent().appending("harkd") {
      _ = own.withPlatformString { execv($0, pointers + [nil]) }
    }
    execvp("harkd", pointers + [nil])
    throw HarkError.system(
      "cannot run harkd", errno: errno, remedy: "install it, or add it to PATH")
  }
}
