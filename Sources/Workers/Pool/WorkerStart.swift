import Core
import Glibc
import Logging
import SystemPackage

/// Starts one worker and waits until it has greeted.
struct WorkerStart {
  let configuration: WorkerPoolConfiguration
  let models: [FilePath]
  let generation: Int
  let lane: Lane
  let wake: WakeSignal
  let logger: Logger

  struct Failure: Error {
    var error: HarkError
    /// The worker said itself why it cannot start: trying again will hardly help.
    var isRefusal = false
    /// The pool is shutting down.
    var isInterrupted = false
  }

  /// `isStopped` is asked whenever `wake` is raised.
  func run(isStopped: () -> Bool) throws(Failure) -> (WorkerProcess, WorkerCapabilities) {
    let process: WorkerProcess
    do throws(HarkError) {
      process = try WorkerProcess(
        configuration: configuration, models: models, generation: generation, lane: lane)
    } catch {
      // A program that is not there will not come by itself.
      throw Failure(error: error, isRefusal: error.code != .system)
    }
    do throws(Failure) {
      return (process, try greeting(of: process, isStopped: isStopped))
    } catch {
      Self.bury(process, logger: logger)
      throw explain(error, process)
    }
  }

  private func greeting(of process: WorkerProcess, isStopped: () -> Bool) throws(Failure)
    -> WorkerCapabilities
  {
    var greeting = GreetingAssembler()
    let deadline = MonotonicClock.now() + UInt64(configuration.startLimit * 1e9)
    while true {
      guard !isStopped() else { throw Failure(error: WorkerPool.stopped, isInterrupted: true) }
      let now = MonotonicClock.now()
      guard now < deadline else {
        throw Failure(
          error: HarkError(
            .timedOut, "a worker was not ready after \(Int(configuration.startLimit)) s"))
      }
      let left = min((deadline - now) / 1_000_000 + 1, 3_600_000)
      let events = process.wait(Int32(left), wake: wake)
      for line in events.lines { logger.notice("worker: \(line)") }
      if events.socketIsReadable {
        if try take(process, into: &greeting) {
          return WorkerCapabilities(
            decoder: greeting.decoder, models: greeting.models, sandbox: greeting.sandbox)
        }
      } else if events.hasEnded {
        throw Self.endedEarly
      }
    }
  }

  private func take(_ process: WorkerProcess, into greeting: inout GreetingAssembler)
    throws(Failure) -> Bool
  {
    let received: FrameSocket.Received
    do throws(Errno) { received = try process.socket.receive() } catch { throw Self.endedEarly }
    guard case .packet(let packet, let attachment) = received else { throw Self.endedEarly }
    try? attachment?.close()
    let message: Message
    do throws(MalformedFrame) {
      message = try Message.decode(packet).0
      guard case .refusal = message else { return try greeting.take(message) }
    } catch {
      throw Failure(
        error: HarkError(
          .defect, "the worker '\(configuration.executable.escaped)' speaks another protocol",
          remedy: "install harkd and hark-worker of one version", cause: error.description))
    }
    guard case .refusal(let refusal) = message else { throw Self.endedEarly }
    throw Failure(
      error: HarkError(
        refusal.code, refusal.message, remedy: refusal.remedy, cause: refusal.cause),
      isRefusal: true)
  }

  private static let endedEarly = Failure(
    error: HarkError(.unavailable, "a worker ended before it was ready"))

  /// Adds how the worker ended and what it said last.
  private func explain(_ failure: Failure, _ process: WorkerProcess) -> Failure {
    guard !failure.isRefusal, !failure.isInterrupted, failure.error.cause == nil else {
      return failure
    }
    for line in process.readLines() { logger.notice("worker: \(line)") }
    let words = [process.exit?.description, process.lines.last].compactMap { $0 }
    var explained = failure
    explained.error.cause = words.joined(separator: ": ")
    if process.exit?.signal == SIGKILL {
      explained.error.remedy = """
        if the kernel killed it for lack of memory, which `journalctl -k` tells, let the service have \
        more (MemoryMax=) or set fewer workers
        """
    }
    return explained
  }

  /// Kills a worker and reaps it.
  static func bury(_ process: WorkerProcess, logger: Logger) {
    process.kill()
    if !process.reap(within: 5) {
      // It waits in the kernel, as for a dead network share, and goes when the kernel lets it.
      logger.error("worker \(process.pid) cannot be killed")
    }
  }

  /// Sleeps for `seconds` or until `wake` is raised.
  static func pause(_ seconds: Double, wake: WakeSignal) {
    var polled = pollfd(fd: wake.descriptor, events: Int16(POLLIN), revents: 0)
    if poll(&polled, 1, Int32(seconds * 1000)) > 0 { wake.clear() }
  }
}
