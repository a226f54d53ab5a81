import CLinux
import CTasks

/// Threads of our own on which a program's tasks run.
///
/// By default they run on libdispatch's, which wakes up every second, for as long as the process
/// lives, to see whether a thread waits. A daemon at rest should rest.
public enum TaskThreads {
  /// A few more than cores where there are few: a task that waits against the rule holds up less.
  private static let crew = Crew(limit: max(4, Int(hark_core_count())))

  /// From here on every task of the process runs here, unless its actor has an executor of its own.
  /// To be called once, at the very beginning of `main`. A task that waits by ``Alarm`` stays here;
  /// one that waits by `Task.sleep` brings libdispatch back.
  public static func adopt() {
    hark_route_tasks { job in
      guard let job else { return }
      // A job is run once, wherever that is: its address may cross threads.
      let address = UInt(bitPattern: job)
      TaskThreads.crew.submit { hark_run_task(UnsafeMutableRawPointer(bitPattern: address)) }
    }
  }
}
