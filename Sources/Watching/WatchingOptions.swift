import SystemPackage

/// How the watcher waits. All times are in seconds.
public struct WatchingOptions: Sendable, Hashable {
  /// A closed file is told once size and modification time have not changed for this long.
  public var settle: Double
  /// The same for a file that nobody was seen to close.
  public var openSettle: Double
  /// Time between two looks at folders that cannot be watched.
  public var pollInterval: Double
  /// Time between two looks for folders that are offline or unreadable.
  public var offlineInterval: Double
  /// How long the second half of a rename may take to arrive.
  public var renameWindow: Double
  /// Once it has changed for so long, a file that is still being written is named.
  public var patience: Double
  /// Directories that may be watched; beyond it folders are polled, as beyond the system's limit.
  public var watchLimit: Int

  public init(
    settle: Double = 0.5, openSettle: Double = 10, pollInterval: Double = 60,
    offlineInterval: Double = 5, renameWindow: Double = 0.1, patience: Double = 60,
    watchLimit: Int = .max
  ) {
    self.settle = settle
    self.openSettle = openSettle
    self.pollInterval = pollInterval
    self.offlineInterval = offlineInterval
    self.renameWindow = renameWindow
    self.patience = patience
    self.watchLimit = watchLimit
  }
}

/// What the watcher has done so far.
public struct WatchingStatistics: Sendable, Hashable {
  /// Directories known now, and how many of them the kernel watches.
  public var directories = 0
  public var watches = 0
  /// Files told by the last scan of each root, in all.
  public var filesInScans = 0
  /// Files passed over in scans and changes because their names say that they are no audio.
  public var skipped = 0
  /// Files that have been written to for longer than ``WatchingOptions/patience``, and one of them.
  public var growing = 0
  public var growingFile: FilePath?
  /// Times that the kernel's queue overflowed and everything was looked through again.
  public var overflows = 0
  public var scans = 0

  public init() {}
}
