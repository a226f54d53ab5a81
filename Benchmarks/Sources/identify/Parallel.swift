import Dispatch
import Synchronization

/// `transform` of 0 ..< count, on all cores or one after the other, in order.
func parallel<Result: Sendable>(
  _ count: Int, isSerial: Bool = false, _ transform: @Sendable @escaping (Int) -> Result
) -> [Result] {
  if isSerial { return (0..<count).map(transform) }
  let results = Mutex([Result?](repeating: nil, count: count))
  DispatchQueue.concurrentPerform(iterations: count) { i in
    let result = transform(i)
    results.withLock { $0[i] = result }
  }
  return results.withLock { $0.compactMap(\.self) }
}
