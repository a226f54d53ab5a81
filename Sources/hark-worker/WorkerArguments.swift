import Core
import SystemPackage
import Workers

/// The worker's command line, which only the pool writes.
struct WorkerArguments {
  static let explanation = """
    hark-worker \(HarkVersion.current) analyses audio files for harkd and hark, which start
    it themselves and hand it open files over a socket. Started by hand it does nothing.
    """

  var models: [FilePath] = []
  var precision: Precision?
  var socket = WorkerServer.socketNumber

  /// `nil` when started by hand: without arguments, or with `--help`.
  /// Throws `invalidArgument` for anything else that the pool would not say.
  init?(ofThisProcess: Void) throws(HarkError) {
    var rest = ArgumentBytes.ofThisProgram()[...]
    if rest.isEmpty || rest.first == "--help" { return nil }
    while let name = rest.popFirst() {
      guard let value = rest.popFirst() else { throw Self.bad(name) }
      switch name {
      case "--model": models.append(ArgumentBytes.path(of: value))
      case "--precision":
        precision = Precision(rawValue: value)
        if precision == nil { throw Self.bad("\(name) \(value)") }
      case "--socket-fd":
        guard let number = Int32(value) else { throw Self.bad("\(name) \(value)") }
        socket = number
      default: throw Self.bad(name)
      }
    }
  }

  private static func bad(_ argument: String) -> HarkError {
    HarkError(
      .invalidArgument, "\(argument) is no argument of a worker",
      remedy: "harkd and hark start hark-worker themselves")
  }
}
