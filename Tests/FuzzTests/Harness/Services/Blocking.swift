import Dispatch
import Synchronization

/// Waits on a thread that may block for what only asynchronous code can tell.
func waitFor<Value: Sendable>(_ body: @escaping @Sendable () async -> Value) -> Value {
  let done = DispatchSemaphore(value: 0)
  let result = Mutex<Value?>(nil)
  Task.detached {
    let value = await body()
    result.withLock { $0 = value }
    done.signal()
  }
  done.wait()
  guard let value = result.withLock({ $0 }) else { broken("a task has a result") }
  return value
}
