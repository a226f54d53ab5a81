import CLinux
import Core
import Glibc

/// How a worker ended.
struct WorkerExit: Equatable {
  /// The signal that ended it, or 0.
  var signal: Int32
  var status: Int32
  /// Bytes.
  var peakResident: UInt64

  init(_ exit: hark_exit) {
    signal = exit.signal
    status = exit.status
    peakResident = exit.peak_resident
  }

  init(signal: Int32, status: Int32, peakResident: UInt64) {
    self.signal = signal
    self.status = status
    self.peakResident = peakResident
  }

  /// Whether somebody else ended it, rather than its own doing: a person, or the kernel when the
  /// machine's memory ran out.
  var isFromOutside: Bool { [SIGKILL, SIGTERM, SIGHUP, SIGINT].contains(signal) }

  /// In words, naming the signal.
  var description: String {
    guard signal != 0 else { return "ended with status \(status)" }
    return "\(isFromOutside ? "was ended" : "crashed") with \(Self.name(of: signal))"
  }

  private static func name(of signal: Int32) -> String {
    switch signal {
    case SIGABRT: "SIGABRT (aborted)"
    case SIGBUS: "SIGBUS (bus error)"
    case SIGFPE: "SIGFPE (arithmetic error)"
    case SIGHUP: "SIGHUP (hung up)"
    case SIGILL: "SIGILL (illegal instruction)"
    case SIGINT: "SIGINT (interrupted)"
    case SIGKILL: "SIGKILL (killed)"
    case SIGSEGV: "SIGSEGV (segmentation fault)"
    case SIGSYS: "SIGSYS (forbidden system call)"
    case SIGTERM: "SIGTERM (terminated)"
    case SIGTRAP: "SIGTRAP (trap)"
    case SIGXCPU: "SIGXCPU (CPU time limit)"
    case SIGXFSZ: "SIGXFSZ (file size limit)"
    default: "signal \(signal)"
    }
  }

  /// What the file gets for it.
  func failure(memoryLimit: UInt64, lastWords: String?) -> AnalysisFailure {
    if signal != 0, peakResident > memoryLimit {
      return .overMemory(memoryLimit)
    }
    if isFromOutside {
      return AnalysisFailure(
        .killed, "the worker \(description) from outside while it had this file")
    }
    var message = "the worker \(description) on this file"
    if let lastWords { message += ": \(lastWords)" }
    return AnalysisFailure(.crashed, message)
  }
}

extension AnalysisFailure {
  static func overMemory(_ limit: UInt64) -> AnalysisFailure {
    AnalysisFailure(
      .memoryLimit, "the worker passed its memory limit of \(limit >> 20) MiB on this file")
  }

  static let cancelled = AnalysisFailure(.unavailable, "the analysis was cancelled")
  static let shuttingDown = AnalysisFailure(.unavailable, "the workers are shutting down")
}
