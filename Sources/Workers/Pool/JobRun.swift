import Core
import Glibc
import SystemPackage

/// One file with one worker, from the request to the answer or to the worker's end.
final class JobRun {
  enum Outcome {
    case finished(Job.Outcome)
    /// The worker is still alive and has to go.
    case failed(AnalysisFailure)
    case died
    case cancelled
    case stopped
  }

  /// Milliseconds between two looks at the worker's time and memory.
  private static let tick: Int32 = 250

  private let job: Job
  private let number: UInt32
  private let process: WorkerProcess
  private let thread: WorkerThread
  private let configuration: WorkerPoolConfiguration
  private var assembler: AnalysisAssembler
  private var elapsed = 0.0
  private var lastProgress = 0.0
  private var decoded = 0.0
  /// `elapsed` at the last look at memory.
  private var lastLook = 0.0

  init(
    job: Job, number: UInt32, process: WorkerProcess, thread: WorkerThread,
    configuration: WorkerPoolConfiguration
  ) {
    self.job = job
    self.number = number
    self.process = process
    self.thread = thread
    self.configuration = configuration
    assembler = AnalysisAssembler(job.request)
  }

  func outcome() -> Outcome {
    // The offset is shared with the caller's descriptor; what cannot seek fails in the worker.
    lseek(job.file.rawValue, 0, SEEK_SET)
    do throws(Errno) {
      try process.socket.send(.analyse(job.request), request: number, attachment: job.file)
    } catch {
      return .died
    }
    var last = MonotonicClock.now()
    while true {
      let events = process.wait(Self.tick, wake: thread.wake)
      thread.log(events.lines, of: process)
      if thread.pool.isStopped { return .stopped }
      if job.isFinished { return .cancelled }
      if events.socketIsReadable {
        if let outcome = receive() { return outcome }
      } else if events.hasEnded {
        return .died
      }
      let now = MonotonicClock.now()
      // A stopped daemon, or one that nobody lets run, does not hold its own pause against the
      // worker: no step counts for more than a second.
      elapsed += min(1, Double(now - last) / 1e9)
      last = now
      if let failure = passedLimit() { return .failed(failure) }
    }
  }

  private func receive() -> Outcome? {
    let received: FrameSocket.Received
    do throws(Errno) { received = try process.socket.receive() } catch { return .died }
    guard case .packet(let packet, let attachment) = received else { return .died }
    try? attachment?.close()
    do throws(MalformedFrame) {
      let (message, number) = try Message.decode(packet)
      guard number == self.number else { throw MalformedFrame("an answer to request \(number)") }
      switch message {
      case .progress(let seconds):
        note(seconds)
        return nil
      case .failure(let failure):
        return .finished(.failure(failure))
      default:
        lastProgress = elapsed
        return try assembler.take(message).map { .finished(.success($0)) }
      }
    } catch {
      return .failed(AnalysisFailure(.crashed, "the worker sent a \(error) on this file"))
    }
  }

  private func note(_ seconds: Double) {
    // Only what goes on counts as progress.
    guard seconds > decoded else { return }
    decoded = seconds
    lastProgress = elapsed
    thread.pool.workerHasDecoded(thread.index, seconds: seconds)
    job.progress?(seconds)
  }

  private func passedLimit() -> AnalysisFailure? {
    if elapsed - lastLook > Double(Self.tick) / 2000 {
      lastLook = elapsed
      if process.residentMemory > configuration.memoryLimit {
        return .overMemory(configuration.memoryLimit)
      }
    }
    if elapsed - lastProgress > configuration.stallLimit {
      return AnalysisFailure(
        .timedOut,
        "the worker made no progress for \(Int(configuration.stallLimit)) s on this file, "
          + "\(Int(decoded)) s into it")
    }
    let limit = configuration.fileLimitBase + configuration.fileLimitFactor * decoded
    guard elapsed > limit else { return nil }
    return AnalysisFailure(
      .timedOut,
      "the worker passed its time limit of \(Int(limit)) s, \(Int(decoded)) s into this file")
  }
}
