import SystemPackage

/// Where Hark's files lie unless somebody says otherwise, by the XDG base directories and systemd's
/// variables. The daemon and the command line agree on them because they ask here.
public struct DefaultPaths: Hashable, Sendable {
  /// The state directory: systemd's, else root's `/var/lib/hark`, else the user's.
  public let state: FilePath
  /// The socket: the user's own runtime directory, else `/run/hark`.
  public let socket: FilePath
  /// Settings files, from the least to the most important.
  public let settings: [FilePath]

  /// - Parameters:
  ///   - environment: the process's environment.
  ///   - isRoot: whether the process runs as root.
  public init(environment: [String: String], isRoot: Bool) {
    func directory(_ name: String) -> FilePath? {
      // A relative path in these variables is to be ignored (XDG Base Directory Specification).
      environment[name].map { FilePath($0) }.flatMap { $0.isAbsolute ? $0 : nil }
    }
    let home = directory("HOME")
    if let given = directory("STATE_DIRECTORY") {
      state = given
    } else if isRoot {
      state = "/var/lib/hark"
    } else {
      let base =
        directory("XDG_STATE_HOME") ?? home?.appending(".local").appending("state") ?? "/var/lib"
      state = base.appending("hark")
    }
    let runtime = isRoot ? nil : directory("XDG_RUNTIME_DIR")
    socket = (runtime ?? "/run").appending("hark").appending("hark.sock")
    let own = directory("XDG_CONFIG_HOME") ?? home?.appending(".config")
    settings =
      ["/etc/hark/hark.yaml"] + (own.map { [$0.appending("hark").appending("hark.yaml")] } ?? [])
  }
}
