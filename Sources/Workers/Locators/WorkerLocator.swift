import Core
import Glibc
import SystemPackage

/// Finds the program `hark-worker`: the same for the daemon and the command line.
public struct WorkerLocator: Sendable {
  /// What the user named, or `nil`.
  public var explicit: FilePath?
  /// `HARK_WORKER`.
  var environment: FilePath?
  var executable: FilePath?

  public init(explicit: FilePath? = nil) {
    self.explicit = explicit
    environment = getenv("HARK_WORKER").flatMap {
      $0.pointee == 0 ? nil : FilePath(platformString: $0)
    }
    executable = Executable.path
  }

  /// The first of: the named program, `HARK_WORKER`, `hark-worker` beside the running program, in
  /// `../libexec/hark`, in `/usr/libexec/hark`.
  ///
  /// Throws ``HarkError`` (`notFound`) if there is none that this user may run.
  public func find() throws(HarkError) -> FilePath {
    for named in [explicit, environment] {
      guard let named else { continue }
      guard Directory.isExecutable(named) else {
        throw HarkError(
          .notFound, "the worker '\(named.escaped)' cannot be run",
          remedy: "name the program hark-worker")
      }
      return named
    }
    var places: [FilePath] = []
    if let home = executable?.removingLastComponent() {
      places = [home, home.removingLastComponent().appending("libexec/hark")]
    }
    places.append("/usr/libexec/hark")
    for place in places {
      let candidate = place.appending("hark-worker")
      if Directory.isExecutable(candidate) { return candidate }
    }
    throw HarkError(
      .notFound, "there is no hark-worker in \(places.map(\.escaped).joined(separator: ", "))",
      remedy: "set HARK_WORKER to its path")
  }
}
