import Core
import Logging
import SystemPackage

/// The life of one place in the pool, on a thread of its own: start a worker, give it files, bury
/// it, start the next.
final class WorkerThread {
  let pool: WorkerPool
  let index: Int
  let wake: WakeSignal
  let lane: Lane
  var logger: Logger
  private var failedStarts = 0
  private var requestNumber: UInt32 = 0

  /// Failed starts in a row after which the lane's files no longer wait.
  private static let patience = 3

  init(pool: WorkerPool, index: Int) {
    self.pool = pool
    self.index = index
    logger = pool.logger
    (wake, lane) = pool.state.withLock { ($0.places[index].wake, $0.places[index].status.lane) }
  }

  func run() {
    while let (models, generation) = pool.workerIsStarting(index) {
      do throws(WorkerStart.Failure) {
        let process = try start(models, generation: generation)
        failedStarts = 0
        work(with: process)
      } catch {
        report(error)
      }
    }
    pool.state.withLock { $0.places[index].status.state = .stopped }
  }

  private func start(_ models: [FilePath], generation: Int) throws(WorkerStart.Failure)
    -> WorkerProcess
  {
    let starter = WorkerStart(
      configuration: pool.configuration, models: models, generation: generation, lane: lane,
      wake: wake, logger: pool.logger)
    let (process, capabilities) = try starter.run { [pool] in pool.isStopped }
    logger = pool.logger
    logger[metadataKey: "pid"] = "\(process.pid)"
    logger.debug("worker is ready", metadata: ["lane": "\(lane.rawValue)"])
    pool.workerIsReady(
      index, pid: process.pid, generation: generation, capabilities: capabilities)
    return process
  }

  private func report(_ failure: WorkerStart.Failure) {
    guard !failure.isInterrupted else { return }
    failedStarts += 1
    let isLasting = failure.isRefusal || failedStarts >= Self.patience
    logger.error("\(failure.error)")
    pool.workerIsDown(index, error: isLasting ? failure.error : nil)
    // 0.25, 0.5, 1 … 30 s.
    let pause = min(30, 0.25 * Double(1 << min(failedStarts - 1, 10)))
    WorkerStart.pause(pause, wake: wake)
  }

  /// Gives the worker files until one of them, or the pool, asks for another worker.
  private func work(with process: WorkerProcess) {
    while true {
      switch pool.nextOrder(index, generation: process.generation) {
      case .stop, .renew: return end(process)
      case .wait: guard stayIdle(process) else { return }
      case .work(let job): guard analyse(job, with: process) else { return }
      }
    }
  }

  /// Waits for something to do. `false` when the worker is gone.
  private func stayIdle(_ process: WorkerProcess) -> Bool {
    let events = process.wait(-1, wake: wake)
    log(events.lines, of: process)
    guard events.socketIsReadable || events.hasEnded else { return true }
    // An idle worker has nothing to say: it is dying, or out of its mind.
    bury(process)
    pool.workerIsDown(index, error: nil)
    WorkerStart.pause(pool.configuration.stopNotice, wake: wake)
    if !isStopping(process) {
      let words = process.exit?.description ?? "does not end"
      logger.warning("an idle worker \(words)")
    }
    return false
  }

  /// Whether a worker's end is part of the service's own: whoever signals every process of it reaches
  /// the workers first.
  private func isStopping(_ process: WorkerProcess) -> Bool {
    pool.isStopped && process.exit?.isFromOutside ?? true
  }

  /// Has one file analysed. `false` when the worker is gone.
  private func analyse(_ job: Job, with process: WorkerProcess) -> Bool {
    requestNumber = requestNumber == .max ? 1 : requestNumber + 1
    process.lines.reset()
    let run = JobRun(
      job: job, number: requestNumber, process: process, thread: self,
      configuration: pool.configuration)
    switch run.outcome() {
    case .finished(let outcome):
      job.finish(outcome)
      return true
    case .stopped:
      job.finish(.failure(.shuttingDown))
      end(process)
      return false
    case .cancelled:
      bury(process)
      return false
    case .failed(let failure):
      bury(process)
      logger.warning("\(failure)", metadata: ["file": "\(job.name)"])
      pool.workerIsDown(index, error: nil)
      job.finish(.failure(failure))
      return false
    case .died:
      bury(process)
      settle(job, after: process)
      return false
    }
  }

  /// Decides what a file gets whose worker died.
  private func settle(_ job: Job, after process: WorkerProcess) {
    let limit = pool.configuration.memoryLimit
    let exit = process.exit ?? WorkerExit(signal: 0, status: -1, peakResident: 0)
    let isOutside = exit.isFromOutside && exit.peakResident <= limit
    pool.workerIsDown(index, error: nil)
    if isOutside { WorkerStart.pause(0.25, wake: wake) }
    if isStopping(process) { return job.finish(.failure(.shuttingDown)) }
    if isOutside, job.countAttempt() < 2 {
      // Somebody else's doing, such as the kernel's in need of memory: the file is tried once more.
      logger.warning("a worker \(exit.description)", metadata: ["file": "\(job.name)"])
      return pool.putBack(job)
    }
    let failure = exit.failure(memoryLimit: limit, lastWords: process.lines.last)
    logger.warning("\(failure)", metadata: ["file": "\(job.name)"])
    job.finish(.failure(failure))
  }

  /// Lets an idle worker end by itself, as it does when its socket closes.
  private func end(_ process: WorkerProcess) {
    process.socket.shutdown()
    if !process.reap(within: 1) { bury(process) }
  }

  /// Kills a worker and reaps it.
  func bury(_ process: WorkerProcess) {
    WorkerStart.bury(process, logger: logger)
    log(process.readLines(), of: process)
  }

  func log(_ lines: [String], of process: WorkerProcess) {
    for line in lines { logger.notice("worker: \(line)") }
  }

  /// Starts a worker with other models and ends it again; called on a thread of its own.
  static func tryOut(_ models: [FilePath], pool: WorkerPool)
    -> Result<WorkerCapabilities, HarkError>
  {
    do throws(HarkError) {
      let starter = WorkerStart(
        configuration: pool.configuration, models: models, generation: -1, lane: .query,
        wake: try WakeSignal(), logger: pool.logger)
      do throws(WorkerStart.Failure) {
        let (process, capabilities) = try starter.run { pool.isStopped }
        WorkerStart.bury(process, logger: pool.logger)
        return .success(capabilities)
      } catch {
        return .failure(error.error)
      }
    } catch {
      return .failure(error)
    }
  }
}
