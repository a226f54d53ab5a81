import Core
import SystemPackage

/// Finds the model file where nobody names one: the same for the daemon and the command line.
public struct ModelLocator: Sendable {
  /// What the user named, or `nil`.
  public var explicit: FilePath?
  /// The daemon's state directory; its `models` folder comes first.
  public var stateDirectory: FilePath?
  /// The running program; `nil` if unknown.
  var executable: FilePath?
  var systemDirectory: FilePath = "/usr/share/hark"

  public init(explicit: FilePath? = nil, stateDirectory: FilePath? = nil) {
    self.explicit = explicit
    self.stateDirectory = stateDirectory
    executable = Executable.path
  }

  /// The first of: the named file, the only `.safetensors` in `STATE/models`, in `/usr/share/hark`,
  /// in `../share/hark` beside the program's directory, in the program's directory, in the `Models`
  /// folder of the source tree that the program was built in.
  ///
  /// Throws ``HarkError``: `notFound`, naming the places looked at, or `invalidSetting` where a
  /// place holds several models and none is named.
  public func find() throws(HarkError) -> FilePath {
    if let explicit {
      guard Directory.isReadableFile(explicit) else {
        throw HarkError(
          .notFound, "the model '\(explicit.escaped)' cannot be read",
          remedy: "name a safetensors file that this user may read")
      }
      return explicit
    }
    for place in places {
      let models = Directory.names(in: place).filter { $0.hasSuffix(".safetensors") }
      guard models.count <= 1 else {
        throw HarkError(
          .invalidSetting,
          "'\(place.escaped)' holds \(models.count) models: \(models.joined(separator: ", "))",
          remedy: "name one with --model")
      }
      if let name = models.first { return place.appending(name) }
    }
    throw HarkError(
      .notFound, "there is no model in \(places.map(\.escaped).joined(separator: ", "))",
      remedy: "name one with --model")
  }

  /// Every model file in the places that are looked at, in their order; what cannot be read is not
  /// there.
  public func files() -> [FilePath] {
    var files: [FilePath] = []
    for place in places {
      let names = Directory.names(in: place).filter { $0.hasSuffix(".safetensors") }
      for file in names.map(place.appending) where !files.contains(file) { files.append(file) }
    }
    return files
  }

  /// Directories in the order in which they are looked at.
  var places: [FilePath] {
    var places: [FilePath] = []
    if let stateDirectory { places.append(stateDirectory.appending("models")) }
    places.append(systemDirectory)
    guard let home = executable?.removingLastComponent() else { return places }
    places.append(home.removingLastComponent().appending("share/hark"))
    places.append(home)
    if let models = sourceTreeModels(above: home) { places.append(models) }
    return places
  }

  private func sourceTreeModels(above home: FilePath) -> FilePath? {
    var directory = home
    while directory.removeLastComponent() {
      // Only a source tree: any other folder named `Models` is somebody else's.
      if Directory.isReadableFile(directory.appending("Package.swift")) {
        return directory.appending("Models")
      }
    }
    return nil
  }
}
