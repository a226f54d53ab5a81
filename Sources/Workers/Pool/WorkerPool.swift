import Core
import Logging
import ServiceLifecycle
import Synchronization
import SystemPackage
import Threads

/// Keeps workers alive and gives them files.
///
/// Each worker has a thread of its own that starts it, talks to it, watches its time and memory,
/// and starts another one when it dies. A crash, a hang or a blow-up costs one file. An idle pool
/// sleeps in the kernel and wakes for nothing.
public final class WorkerPool: Sendable, Service {
  let configuration: WorkerPoolConfiguration
  let logger: Logger
  let state: Mutex<PoolState>

  /// Starts nothing yet. Throws ``HarkError`` (`system`) if descriptors are short.
  public init(
    configuration: WorkerPoolConfiguration, logger: Logger = Logger(label: "hark.workers")
  ) throws(HarkError) {
    self.configuration = configuration
    self.logger = logger
    var places: [PoolState.Place] = []
    let counts = [
      (Lane.query, configuration.queryWorkers), (.backlog, configuration.backlogWorkers),
    ]
    for (lane, count) in counts {
      for _ in 0..<max(0, count) {
        places.append(PoolState.Place(status: WorkerStatus(lane: lane), wake: try WakeSignal()))
      }
    }
    state = Mutex(PoolState(models: configuration.models, places: places))
  }

  /// Runs the workers until the service group shuts down or the task is cancelled; returns when
  /// every worker is gone. Files in work are given back with `unavailable`.
  public func run() async throws {
    let count = try state.withLock { state throws(HarkError) in
      guard !state.hasRun else { throw HarkError(.defect, "a worker pool runs only once") }
      state.hasRun = true
      guard state.phase == .fresh else { return 0 }
      state.phase = .running
      state.threads = state.places.count
      return state.places.count
    }
    for index in 0..<count {
      do throws(HarkError) {
        try DetachedThread.start { [self] in
          WorkerThread(pool: self, index: index).run()
          threadEnded()
        }
      } catch {
        logger.error("\(error)")
        threadEnded()
      }
    }
    await withTaskCancellationOrGracefulShutdownHandler {
      await withCheckedContinuation { continuation in
        let isOver = state.withLock { state in
          if state.threads > 0 { state.ended = continuation }
          return state.threads == 0
        }
        if isOver { continuation.resume() }
      }
    } onCancelOrGracefulShutdown: { [self] in
      stop()
    }
  }

  /// Analyses one open file.
  ///
  /// - Parameters:
  ///   - descriptor: stays the caller's; it is read from offset 0, whatever its offset.
  ///   - name: for logs and status only.
  ///   - progress: called from the worker's thread with the seconds decoded so far, a few times a
  ///     second at most; it must not block.
  /// - Throws: ``AnalysisFailure``; `unavailable` when cancelled, shutting down, or where no worker
  ///   of the lane starts.
  public func analyse(
    _ descriptor: FileDescriptor, request: AnalysisRequest, lane: Lane, name: String,
    progress: (@Sendable (Double) -> Void)? = nil
  ) async throws(AnalysisFailure) -> Analysis {
    let job = Job(
      try Self.duplicate(descriptor), request: request, lane: lane, name: name, progress: progress)
    return try await withTaskCancellationHandler {
      submit(job)
      return await job.outcome()
    } onCancel: {
      cancel(job)
    }.get()
  }

  /// What the workers can do. Waits for the first one to be ready; throws ``HarkError`` in its words
  /// if a model cannot be loaded or no worker starts. ``run()`` must be running.
  public func capabilities() async throws(HarkError) -> WorkerCapabilities {
    let number = state.withLock { state in
      state.nextWaiter += 1
      return state.nextWaiter
    }
    return try await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let early: Result<WorkerCapabilities, HarkError>? = state.withLock { state in
          if let known = state.capabilities { return .success(known) }
          if state.phase == .stopped { return .failure(Self.stopped) }
          if let error = state.broken.values.first { return .failure(error) }
          if state.places.isEmpty { return .failure(Self.empty) }
          if Task.isCancelled { return .failure(Self.stopped) }
          state.waiters[number] = continuation
          return nil
        }
        if let early { continuation.resume(returning: early) }
      }
    } onCancel: {
      state.withLock { $0.waiters.removeValue(forKey: number) }?
        .resume(returning: .failure(Self.stopped))
    }.get()
  }

  /// The models that the workers have loaded; see ``capabilities()``.
  public func loadedModels() async throws(HarkError) -> [LoadedModel] {
    try await capabilities().models
  }

  /// Every worker's state. Complexity: O(workers).
  public var status: [WorkerStatus] {
    state.withLock { state in
      // Read under the lock: no file can have begun after it.
      let now = MonotonicClock.now()
      return state.places.map { place in
        var status = place.status
        if status.state == .busy { status.seconds = Double(now - place.began) / 1e9 }
        return status
      }
    }
  }

  /// Why no worker starts, in the lanes in which none does. Complexity: O(lanes).
  public var startFailures: [Lane: HarkError] { state.withLock { $0.broken } }

  /// Changes the models: tries the new list with a worker that does nothing else, then replaces
  /// every worker as soon as it is idle. Throws ``HarkError`` in that worker's words, and changes
  /// nothing, if the list cannot be loaded.
  public func replaceModels(_ models: [FilePath]) async throws(HarkError) {
    let capabilities = try await tryOut(models)
    let waiters = try state.withLock { state throws(HarkError) in
      guard state.phase != .stopped else { throw Self.stopped }
      state.models = models
      state.generation += 1
      state.capabilities = capabilities
      state.broken = [:]
      state.wakeAll()
      return state.takeWaiters()
    }
    for waiter in waiters { waiter.resume(returning: .success(capabilities)) }
  }

  /// Loads `models` with a worker that does nothing else, and changes nothing. Throws ``HarkError`` in
  /// that worker's words if they cannot be loaded.
  public func tryOut(_ models: [FilePath]) async throws(HarkError) -> WorkerCapabilities {
    let trial: Result<WorkerCapabilities, HarkError> = await withCheckedContinuation { done in
      do throws(HarkError) {
        try DetachedThread.start { [self] in
          done.resume(returning: WorkerThread.tryOut(models, pool: self))
        }
      } catch {
        done.resume(returning: .failure(error))
      }
    }
    return try trial.get()
  }

  static let stopped = HarkError(.unavailable, "the workers are shutting down")
  static let empty = HarkError(.invalidSetting, "the pool has no workers")
}
