import CLinux
import Core
import SystemPackage

/// Whose work a worker does. The lanes share no worker, so that a query never waits for the backlog.
public enum Lane: String, Sendable, Hashable, CaseIterable {
  /// Files found in the watched folders.
  case backlog
  /// Audio that somebody is waiting for.
  case query
}

/// How many workers there are, how they are started, and when they have had enough.
public struct WorkerPoolConfiguration: Sendable, Hashable {
  /// Absolute path of `hark-worker`; see ``WorkerLocator``.
  public var executable: FilePath
  /// Model files that every worker loads.
  public var models: [FilePath]
  /// `nil`: each worker picks by its CPU.
  public var precision: Precision?
  /// Workers of the lane ``Lane/backlog``, ≥ 0.
  public var backlogWorkers: Int
  /// Workers of the lane ``Lane/query``, ≥ 0; they run at normal priority.
  public var queryWorkers: Int
  /// Added to the nice value of backlog workers, 0–19.
  public var backlogNiceness: Int
  /// Whether backlog workers read disks only when nobody else does.
  public var backlogIOIsIdle: Bool
  /// Bytes of memory of its own (resident, without pages of mapped files) at which a worker is
  /// ended, > 0.
  ///
  /// Resident memory is watched, four times a second, instead of limiting the address space:
  /// kernels and models map far more than they touch. `RLIMIT_DATA` at twice this size stops what
  /// grows faster than the watch looks.
  public var memoryLimit: UInt64
  /// Seconds that a worker may take to load its models.
  public var startLimit: Double
  /// A file may take `fileLimitBase + fileLimitFactor · seconds decoded so far`.
  public var fileLimitBase: Double
  /// Seconds allowed for each second of audio; 1 is real time, a hundredth of the usual speed.
  public var fileLimitFactor: Double
  /// Seconds without progress after which a worker counts as hung.
  public var stallLimit: Double
  /// Seconds within which a worker's end by a signal may prove to be part of the service's own stop.
  var stopNotice = 0.25

  public init(
    executable: FilePath, models: [FilePath], precision: Precision? = nil,
    backlogWorkers: Int = WorkerPoolConfiguration.coreCount, queryWorkers: Int = 1,
    backlogNiceness: Int = 19, backlogIOIsIdle: Bool = true, memoryLimit: UInt64 = 1 << 30,
    startLimit: Double = 120, fileLimitBase: Double = 180, fileLimitFactor: Double = 1,
    stallLimit: Double = 120
  ) {
    self.executable = executable
    self.models = models
    self.precision = precision
    self.backlogWorkers = backlogWorkers
    self.queryWorkers = queryWorkers
    self.backlogNiceness = backlogNiceness
    self.backlogIOIsIdle = backlogIOIsIdle
    self.memoryLimit = memoryLimit
    self.startLimit = startLimit
    self.fileLimitBase = fileLimitBase
    self.fileLimitFactor = fileLimitFactor
    self.stallLimit = stallLimit
  }

  /// Cores that this process may run on, ≥ 1: affinity counts, as in a container.
  public static var coreCount: Int { Int(hark_core_count()) }

  /// For a program that somebody waits for: no backlog, `workers` of normal priority in the lane
  /// ``Lane/query``.
  public static func commandLine(
    executable: FilePath, models: [FilePath], precision: Precision? = nil, workers: Int = 1
  ) -> WorkerPoolConfiguration {
    WorkerPoolConfiguration(
      executable: executable, models: models, precision: precision, backlogWorkers: 0,
      queryWorkers: workers)
  }
}
