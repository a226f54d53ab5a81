import Dispatch
import Synchronization

/// `transform` of 0 ..< count, on all cores, in order.
func parallel<Result: Sendable>(
  _ count: Int, _ transform: @Sendable @escaping (Int) -> Result
) -> [Result] {
  let results = Mutex([Result?](repeating: nil, count: count))
  DispatchQueue.concurrentPerform(iterations: count) { i in
    let result = transform(i)
    results.withLock { $0[i] = result }
  }
  return results.withLock { $0.compactMap(\.self) }
}
