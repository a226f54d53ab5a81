import Core
import SystemPackage

/// How the library stands at one moment.
public struct LibraryStatus: Hashable, Sendable {
  /// A watched directory.
  public struct Root: Hashable, Sendable {
    /// How the root can be followed.
    public enum State: String, Sendable, Codable {
      /// Its first scan since the start has not ended.
      case scanning
      /// Changes are reported as they happen.
      case watching
      /// Changes are found by scanning again and again; ``Root/detail`` says why.
      case polling
      /// Away: its files are kept as they are.
      case offline
      /// There and not readable; ``Root/detail`` says how to mend it.
      case unreadable
    }

    public var path: FilePath
    public var state: State
    /// Why, and what to do, when the state is not simply good.
    public var detail: String?

    public init(path: FilePath, state: State, detail: String? = nil) {
      self.path = path
      self.state = state
      self.detail = detail
    }
  }

  /// Files by state.
  public struct FileCounts: Hashable, Sendable {
    public var pending = 0
    public var analysed = 0
    public var failed = 0
    public var skipped = 0
    public var offline = 0

    public init() {}

    /// Every file that is audio, or may be.
    public var known: Int { pending + analysed + failed + offline }
  }

  /// A model whose embeddings the library holds or makes.
  public struct Model: Hashable, Sendable {
    public enum Role: String, Sendable, Codable {
      /// Queries are answered with it.
      case active
      /// It becomes active once every online recording is analysed with it.
      case incoming
      /// Its rows are kept, so that going back to it is instant.
      case kept
    }

    public var info: ModelInfo
    public var role: Role
    /// `nil` while no worker has loaded it.
    public var precision: Precision?
    /// Recordings that have its product.
    public var recordings: Int
    /// Segments that its index holds.
    public var segments: Int

    public init(
      info: ModelInfo, role: Role, precision: Precision?, recordings: Int, segments: Int
    ) {
      self.info = info
      self.role = role
      self.precision = precision
      self.recordings = recordings
      self.segments = segments
    }
  }

  /// A worker process.
  public struct Worker: Hashable, Sendable {
    /// 0 while it is being started.
    public var pid: Int32
    /// `backlog` or `query`.
    public var lane: String
    /// `starting`, `idle`, `busy`, `waiting` (to be started again) or `stopped`.
    public var state: String
    /// What it works on.
    public var file: String?
    /// Seconds since it began with that file.
    public var seconds: Double?
    /// How often it was started again.
    public var restarts: Int

    public init(
      pid: Int32, lane: String, state: String, file: String?, seconds: Double?, restarts: Int
    ) {
      self.pid = pid
      self.lane = lane
      self.state = state
      self.file = file
      self.seconds = seconds
      self.restarts = restarts
    }
  }

  public var version: String
  public var pid: Int32
  /// When the daemon started, in seconds since 1970.
  public var started: Double
  public var stateDirectory: FilePath
  public var roots: [Root]
  public var files: FileCounts
  /// Recordings with at least one file.
  public var recordings: Int
  /// Their total length in seconds.
  public var duration: Double
  public var models: [Model]
  public var workers: [Worker]
  /// Files analysed since the start.
  public var analysedSinceStart: Int
  /// Seconds of audio analysed since the start.
  public var secondsSinceStart: Double
  /// Whether every known file is analysed, failed or offline, and no scan is under way.
  public var isIdle: Bool
  /// What locks the workers in; `nil` until they have started.
  public var sandbox: Sandbox?
  /// Things that the administrator should know, in plain words; usually empty.
  public var warnings: [String]

  public init(
    version: String, pid: Int32, started: Double, stateDirectory: FilePath, roots: [Root],
    files: FileCounts, recordings: Int, duration: Double, models: [Model], workers: [Worker],
    analysedSinceStart: Int, secondsSinceStart: Double, isIdle: Bool, sandbox: Sandbox?,
    warnings: [String]
  ) {
    self.version = version
    self.pid = pid
    self.started = started
    self.stateDirectory = stateDirectory
    self.roots = roots
    self.files = files
    self.recordings = recordings
    self.duration = duration
    self.models = models
    self.workers = workers
    self.analysedSinceStart = analysedSinceStart
    self.secondsSinceStart = secondsSinceStart
    self.isIdle = isIdle
    self.sandbox = sandbox
    self.warnings = warnings
  }
}
