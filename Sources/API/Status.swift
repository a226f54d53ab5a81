import SystemPackage

extension Wire {
  /// `GET /v1/status`.
  public struct Status: Hashable, Sendable, Codable {
    public var version: String
    public var pid: Int32
    /// When the daemon started.
    public var started: Double
    public var stateDirectory: String
    public var stateDirectoryBase64: String?
    public var roots: [Root]
    public var files: FileCounts
    /// Recordings with at least one file.
    public var recordings: Int
    /// Their total length.
    public var duration: Double
    public var models: [Model]
    public var workers: [Worker]
    /// Files analysed since the daemon started.
    public var analysedSinceStart: Int
    /// Seconds of audio analysed since the daemon started.
    public var secondsSinceStart: Double
    /// Whether every known file is analysed, failed or offline, and no scan is under way.
    public var idle: Bool
    /// What locks the workers in, of `seccomp` and `Landlock`; absent until they have started.
    public var sandbox: [String]?
    /// What the administrator should know; usually empty.
    public var warnings: [String]

    public init(
      version: String, pid: Int32, started: Double, stateDirectory: FilePath, roots: [Root],
      files: FileCounts, recordings: Int, duration: Double, models: [Model], workers: [Worker],
      analysedSinceStart: Int, secondsSinceStart: Double, idle: Bool, sandbox: [String]?,
      warnings: [String]
    ) {
      let directory = PathText(stateDirectory)
      self.version = version
      self.pid = pid
      self.started = started
      self.stateDirectory = directory.text
      stateDirectoryBase64 = directory.base64
      self.roots = roots
      self.files = files
      self.recordings = recordings
      self.duration = duration
      self.models = models
      self.workers = workers
      self.analysedSinceStart = analysedSinceStart
      self.secondsSinceStart = secondsSinceStart
      self.idle = idle
      self.sandbox = sandbox
      self.warnings = warnings
    }

    enum CodingKeys: String, CodingKey {
      case version, pid, started, roots, files, recordings, duration, models, workers, idle
      case sandbox, warnings
      case stateDirectory = "state_directory"
      case stateDirectoryBase64 = "state_directory_base64"
      case analysedSinceStart = "analysed_since_start"
      case secondsSinceStart = "seconds_since_start"
    }
  }

  /// A watched directory.
  public struct Root: Hashable, Sendable, Codable, WirePathHolder {
    public var path: String
    public var pathBase64: String?
    /// `scanning`, `watching`, `polling`, `offline` or `unreadable`.
    public var state: String
    /// Why, and what to do, when the state is not simply good.
    public var detail: String?

    public init(path: FilePath, state: String, detail: String?) {
      let text = PathText(path)
      self.path = text.text
      pathBase64 = text.base64
      self.state = state
      self.detail = detail
    }

    enum CodingKeys: String, CodingKey {
      case path, state, detail
      case pathBase64 = "path_base64"
    }
  }

  /// Files by state.
  public struct FileCounts: Hashable, Sendable, Codable {
    public var pending: Int
    public var analysed: Int
    public var failed: Int
    public var skipped: Int
    public var offline: Int

    public init(pending: Int, analysed: Int, failed: Int, skipped: Int, offline: Int) {
      self.pending = pending
      self.analysed = analysed
      self.failed = failed
      self.skipped = skipped
      self.offline = offline
    }

    /// Every file that is audio, or may be.
    public var known: Int { pending + analysed + failed + offline }
  }
}
