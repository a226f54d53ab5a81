import CLinux
import Core

extension Sandbox {
  /// Locks this process in for good. To be called by a worker on its only thread, when everything that it
  /// will ever need is built, and before it is handed the first file. Returns what is in force: an older
  /// kernel may lack some of it.
  public static func enter() -> Sandbox {
    let mask = hark_sandbox(WorkerServer.socketNumber)
    var inForce: Sandbox = []
    if mask & UInt32(HARK_SECCOMP) != 0 { inForce.insert(.seccomp) }
    if mask & UInt32(HARK_LANDLOCK) != 0 { inForce.insert(.landlock) }
    return inForce
  }
}
