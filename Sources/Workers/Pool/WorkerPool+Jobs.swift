import Core
import Glibc
import SystemPackage

/// The way of a job: in from a caller, out to a worker's thread.
extension WorkerPool {
  static func duplicate(_ descriptor: FileDescriptor) throws(AnalysisFailure) -> FileDescriptor {
    let copy = fcntl(descriptor.rawValue, F_DUPFD_CLOEXEC, 0)
    guard copy >= 0 else {
      let error = HarkError.system("the file's descriptor cannot be copied", errno: errno)
      throw AnalysisFailure(.unavailable, error.description)
    }
    return FileDescriptor(rawValue: copy)
  }

  func submit(_ job: Job) {
    let refusal: AnalysisFailure? = state.withLock { state in
      if state.phase == .stopped { return .shuttingDown }
      if let error = state.broken[job.lane] { return Self.noWorker(error) }
      guard state.places.contains(where: { $0.status.lane == job.lane }) else {
        return Self.noWorker(Self.empty)
      }
      // A cancellation may have come first.
      guard !job.isFinished else { return nil }
      state.queues[job.lane, default: []].append(job)
      state.wakeOne(job.lane)
      return nil
    }
    if let refusal { job.finish(.failure(refusal)) }
  }

  func cancel(_ job: Job) {
    job.finish(.failure(.cancelled))
    state.withLock { state in
      if let index = state.queues[job.lane]?.firstIndex(where: { $0 === job }) {
        state.queues[job.lane]?.remove(at: index)
        return
      }
      // The thread that has it looks at the job when it wakes; the others sleep on.
      for place in state.places where place.status.state == .busy { place.wake.raise() }
    }
  }

  /// What a worker's thread should do next.
  enum Order {
    case work(Job)
    case wait
    /// The worker's models are out of date.
    case renew
    case stop
  }

  func nextOrder(_ index: Int, generation: Int) -> Order {
    state.withLock { state in
      state.places[index].isWoken = false
      guard state.phase == .running else { return .stop }
      guard generation == state.generation else { return .renew }
      let lane = state.places[index].status.lane
      while var queue = state.queues[lane], !queue.isEmpty {
        let job = queue.removeFirst()
        state.queues[lane] = queue
        guard !job.isFinished else { continue }
        state.places[index].status.state = .busy
        state.places[index].status.file = job.name
        state.places[index].status.decoded = 0
        state.places[index].began = MonotonicClock.now()
        return .work(job)
      }
      state.places[index].status.state = .idle
      state.places[index].status.file = nil
      return .wait
    }
  }

  /// Puts a job back to the front, for another worker to try.
  func putBack(_ job: Job) {
    state.withLock { state in
      guard state.phase == .running else { return job.finish(.failure(.shuttingDown)) }
      guard !job.isFinished else { return }
      state.queues[job.lane, default: []].insert(job, at: 0)
      state.wakeOne(job.lane)
    }
  }

  private static func noWorker(_ error: HarkError) -> AnalysisFailure {
    AnalysisFailure(.unavailable, "no worker starts: \(error)")
  }

  /// A worker is ready.
  func workerIsReady(
    _ index: Int, pid: Int32, generation: Int, capabilities: WorkerCapabilities
  ) {
    let waiters: [PoolState.Waiter] = state.withLock { state in
      state.places[index].status.pid = pid
      state.places[index].status.state = .idle
      guard generation == state.generation else { return [] }
      state.broken[state.places[index].status.lane] = nil
      state.capabilities = capabilities
      return state.takeWaiters()
    }
    for waiter in waiters { waiter.resume(returning: .success(capabilities)) }
  }

  /// A worker is gone or cannot start. With an `error` that will not go away by itself the lane's
  /// files are given back, unless another worker of the lane is up.
  func workerIsDown(_ index: Int, error: HarkError?) {
    let (jobs, waiters): ([Job], [PoolState.Waiter]) = state.withLock { state in
      let lane = state.places[index].status.lane
      state.places[index].status.state = .waiting
      state.places[index].status.pid = nil
      state.places[index].status.file = nil
      state.places[index].status.restarts += 1
      if state.places[index].isWoken {
        state.places[index].isWoken = false
        state.wakeOne(lane)
      }
      guard let error, !state.isAnyUp(in: lane) else { return ([], []) }
      state.broken[lane] = error
      defer { state.queues[lane] = [] }
      return (state.queues[lane] ?? [], state.capabilities == nil ? state.takeWaiters() : [])
    }
    for waiter in waiters { if let error { waiter.resume(returning: .failure(error)) } }
    for job in jobs { if let error { job.finish(.failure(Self.noWorker(error))) } }
  }

  func workerIsStarting(_ index: Int) -> (models: [FilePath], generation: Int)? {
    state.withLock { state in
      guard state.phase == .running else { return nil }
      state.places[index].status.state = .starting
      state.places[index].status.pid = nil
      state.places[index].status.file = nil
      return (state.models, state.generation)
    }
  }

  func workerHasDecoded(_ index: Int, seconds: Double) {
    state.withLock { $0.places[index].status.decoded = seconds }
  }

  var isStopped: Bool { state.withLock { $0.phase == .stopped } }

  func stop() {
    let (jobs, waiters) = state.withLock { state in
      state.phase = .stopped
      defer { state.queues = [:] }
      state.wakeAll()
      return (state.queues.values.flatMap { $0 }, state.takeWaiters())
    }
    for job in jobs { job.finish(.failure(.shuttingDown)) }
    for waiter in waiters { waiter.resume(returning: .failure(Self.stopped)) }
  }

  func threadEnded() {
    let ended: CheckedContinuation<Void, Never>? = state.withLock { state in
      state.threads -= 1
      guard state.threads == 0 else { return nil }
      defer { state.ended = nil }
      return state.ended
    }
    ended?.resume()
  }
}
