import Core
import Dispatch

/// Runs work that blocks (a scan of an index, an fsync, an open on a slow disk) on threads of its
/// own, because Swift's cooperative threads must never wait.
struct BlockingWork: Sendable {
  private let queue: DispatchQueue

  /// - Parameter isSerial: whether pieces of work run one after another, in order.
  init(label: String, isSerial: Bool = false) {
    queue = DispatchQueue(label: label, attributes: isSerial ? [] : .concurrent)
  }

  /// Runs `body` and does not wait for it.
  func perform(_ body: @escaping @Sendable () -> Void) { queue.async(execute: body) }

  /// Runs `body` and waits for what it returns, without holding a thread.
  func run<Value: Sendable>(
    _ body: @escaping @Sendable () throws(HarkError) -> Value
  ) async throws(HarkError) -> Value {
    let result: Result<Value, HarkError> = await withCheckedContinuation { continuation in
      queue.async {
        do throws(HarkError) {
          continuation.resume(returning: .success(try body()))
        } catch {
          continuation.resume(returning: .failure(error))
        }
      }
    }
    return try result.get()
  }
}
