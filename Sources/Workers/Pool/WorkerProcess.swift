import CLinux
import Core
import Glibc
import SystemPackage

/// One running worker, seen from the thread that started it. The kernel kills the worker when that
/// thread ends, so the thread must live as long.
final class WorkerProcess {
  let pid: Int32
  let generation: Int
  let socket: FrameSocket
  private let pidfd: FileDescriptor
  private var standardError: FileDescriptor?
  /// `/proc/PID/statm`, opened before the worker locks itself in: under `ProtectProc=invisible` it has no
  /// name afterwards. `nil` where there is no /proc.
  private let memory: FileDescriptor?
  private(set) var exit: WorkerExit?
  var lines = LineCollector()

  /// Starts a worker; it still has to greet.
  init(
    configuration: WorkerPoolConfiguration, models: [FilePath], generation: Int, lane: Lane
  ) throws(HarkError) {
    let ends = try FrameSocket.pair()
    defer { ends.worker.close() }
    let pipe: (readEnd: FileDescriptor, writeEnd: FileDescriptor)
    do {
      pipe = try Self.pipe()
    } catch {
      ends.pool.close()
      throw error
    }
    defer { try? pipe.writeEnd.close() }

    var pid: pid_t = -1
    var pidfd: Int32 = -1
    let isBacklog = lane == .backlog
    let result = WorkerCommand(configuration, models: models).withPointers { path, argv, envp in
      var options = hark_spawn_options()
      options.path = path
      options.argv = argv
      options.envp = envp
      options.socket = ends.worker.descriptor.rawValue
      options.standard_error = pipe.writeEnd.rawValue
      options.nice_increment = isBacklog ? Int32(clamping: configuration.backlogNiceness) : 0
      options.idle_io = isBacklog && configuration.backlogIOIsIdle ? 1 : 0
      options.data_limit = configuration.memoryLimit.multipliedReportingOverflow(by: 2).partialValue
      // The kernel, short of memory, should take a worker and leave the daemon.
      options.oom_score = 500
      return hark_spawn(&options, &pid, &pidfd)
    }
    guard result == 0 else {
      ends.pool.close()
      try? pipe.readEnd.close()
      throw HarkError.system(
        "the worker '\(configuration.executable.escaped)' does not start", errno: result,
        remedy: "set HARK_WORKER to the path of hark-worker")
    }
    self.pid = pid
    self.pidfd = FileDescriptor(rawValue: pidfd)
    memory = try? FileDescriptor.open("/proc/\(pid)/statm", .readOnly, options: .closeOnExec)
    self.generation = generation
    socket = ends.pool
    standardError = pipe.readEnd
  }

  deinit {
    socket.close()
    try? pidfd.close()
    try? memory?.close()
    try? standardError?.close()
  }

  private static func pipe() throws(HarkError) -> (FileDescriptor, FileDescriptor) {
    var readEnd: Int32 = -1
    var writeEnd: Int32 = -1
    let result = hark_pipe(&readEnd, &writeEnd)
    guard result == 0 else { throw HarkError.system("no pipe for a worker", errno: result) }
    return (FileDescriptor(rawValue: readEnd), FileDescriptor(rawValue: writeEnd))
  }

  /// What there is to do.
  struct Events {
    var socketIsReadable = false
    var hasEnded = false
    var wasWoken = false
    /// New lines from standard error.
    var lines: [String] = []
  }

  /// Waits for the worker, its end, `wake`, or `milliseconds` (-1: however long it takes).
  func wait(_ milliseconds: Int32, wake: WakeSignal) -> Events {
    var polled = [
      pollfd(fd: socket.descriptor.rawValue, events: Int16(POLLIN), revents: 0),
      pollfd(fd: pidfd.rawValue, events: Int16(POLLIN), revents: 0),
      pollfd(fd: wake.descriptor, events: Int16(POLLIN), revents: 0),
      pollfd(fd: standardError?.rawValue ?? -1, events: Int16(POLLIN), revents: 0),
    ]
    var events = Events()
    guard poll(&polled, 4, milliseconds) > 0 else { return events }
    events.socketIsReadable = polled[0].revents != 0
    events.hasEnded = polled[1].revents != 0
    if polled[2].revents != 0 {
      wake.clear()
      events.wasWoken = true
    }
    if polled[3].revents != 0 { events.lines = readLines() }
    return events
  }

  /// What the worker has written since.
  func readLines() -> [String] {
    guard let standardError else { return [] }
    var collected: [String] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    // Bounded, so that a worker that never stops writing cannot keep this thread from its clock.
    for _ in 0..<16 {
      let count = read(standardError.rawValue, &buffer, buffer.count)
      guard count > 0 else {
        if count == 0 {
          try? standardError.close()
          self.standardError = nil
          if let rest = lines.flush() { collected.append(rest) }
        }
        break
      }
      collected += lines.append(buffer[..<count])
    }
    return collected
  }

  /// Bytes of resident memory that the worker shares with no file.
  var residentMemory: UInt64 {
    var buffer = [UInt8](repeating: 0, count: 128)
    guard let memory, case let count = pread(memory.rawValue, &buffer, buffer.count, 0), count > 0
    else { return 0 }
    let text = String(decoding: buffer[..<count], as: UTF8.self)
    let fields = text.split(separator: " ").compactMap { UInt64($0) }
    guard fields.count >= 3, fields[1] >= fields[2] else { return 0 }
    return (fields[1] - fields[2]) * UInt64(sysconf(Int32(_SC_PAGESIZE)))
  }

  func kill() { _ = hark_pidfd_signal(pidfd.rawValue, SIGKILL) }

  /// Waits up to `seconds` for the worker's end and reaps it. `false` if it is still there, as when
  /// it is stuck in the kernel.
  func reap(within seconds: Double) -> Bool {
    guard exit == nil else { return true }
    let deadline = MonotonicClock.now() + UInt64(seconds * 1e9)
    while true {
      var found = hark_exit()
      let result = hark_reap(pid, &found)
      if result == 0 {
        exit = WorkerExit(found)
        return true
      }
      // ECHILD: somebody in this process reaps children that are not theirs.
      guard result == EAGAIN else {
        exit = WorkerExit(signal: 0, status: -1, peakResident: 0)
        return true
      }
      let now = MonotonicClock.now()
      guard now < deadline else { return false }
      var polled = pollfd(fd: pidfd.rawValue, events: Int16(POLLIN), revents: 0)
      _ = poll(&polled, 1, Int32((deadline - now) / 1_000_000) + 1)
    }
  }
}
