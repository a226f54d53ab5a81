import Core
import SystemPackage

/// What a worker said when it was ready.
public struct WorkerCapabilities: Sendable, Hashable {
  /// Decoder and version, such as `libsndfile-1.2.0`.
  public var decoder: String
  /// In the order in which they were given.
  public var models: [LoadedModel]
  /// What locks the workers in.
  public var sandbox: Sandbox
}

/// What the pool's threads and callers share, under one lock.
struct PoolState {
  enum Phase { case fresh, running, stopped }

  typealias Waiter = CheckedContinuation<Result<WorkerCapabilities, HarkError>, Never>

  struct Place {
    var status: WorkerStatus
    /// When it began its file, for ``WorkerStatus/seconds``.
    var began: UInt64 = 0
    /// Woken for a job and not yet come to fetch it.
    var isWoken = false
    let wake: WakeSignal
  }

  var phase = Phase.fresh
  var hasRun = false
  var models: [FilePath]
  /// Counts the lists of models: a worker of an older one finishes its file and is replaced.
  var generation = 0
  var capabilities: WorkerCapabilities?
  /// Lanes in which no worker starts, and why.
  var broken: [Lane: HarkError] = [:]
  var queues: [Lane: [Job]] = [:]
  var places: [Place]
  var threads = 0
  var waiters: [Int: Waiter] = [:]
  var nextWaiter = 0
  var ended: CheckedContinuation<Void, Never>?

  /// Wakes one idle worker of `lane` if there is a job for it.
  mutating func wakeOne(_ lane: Lane) {
    guard queues[lane]?.isEmpty == false else { return }
    let free = places.firstIndex {
      $0.status.lane == lane && $0.status.state == .idle && !$0.isWoken
    }
    guard let free else { return }
    places[free].isWoken = true
    places[free].wake.raise()
  }

  func wakeAll() { for place in places { place.wake.raise() } }

  func isAnyUp(in lane: Lane) -> Bool {
    places.contains {
      $0.status.lane == lane && ($0.status.state == .idle || $0.status.state == .busy)
    }
  }

  mutating func takeWaiters() -> [Waiter] {
    defer { waiters = [:] }
    return Array(waiters.values)
  }
}
