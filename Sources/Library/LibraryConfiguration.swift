import Core
import SystemPackage
import Workers

/// What a library is made of.
public struct LibraryConfiguration: Sendable {
  /// The state directory.
  public var state: FilePath
  /// Directories to watch: absolute.
  public var roots: [FilePath]
  /// The model that new analyses are made for; `nil` goes on with the one that was active.
  public var model: FilePath?
  /// How workers are started; its list of models is the library's to fill in.
  public var workers: WorkerPoolConfiguration
  /// Seconds for which a file must stay as it is before it is analysed.
  public var settle: Double

  public init(
    state: FilePath, roots: [FilePath], model: FilePath?, workers: WorkerPoolConfiguration,
    settle: Double = 0.5
  ) {
    self.state = state
    self.roots = roots
    self.model = model
    self.workers = workers
    self.settle = settle
  }
}
