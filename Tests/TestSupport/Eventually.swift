/// A condition that a test waited for in vain.
public struct Unmet: Error, CustomStringConvertible {
  public let description: String
  public init(description: String) { self.description = description }
}

/// Waits until `condition` holds. The deadline is generous, because machines are slow and noisy;
/// nothing is measured by it. Throws ``Unmet`` when it passes, and what `condition` throws at once.
public func eventually(
  _ what: String, within limit: Duration = .seconds(300),
  every pause: Duration = .milliseconds(50),
  _ condition: () async throws -> Bool
) async throws {
  let clock = ContinuousClock()
  let end = clock.now + limit
  while try await !condition() {
    guard clock.now < end else {
      throw Unmet(description: "in vain waited \(limit) until \(what)")
    }
    try await Task.sleep(for: pause)
  }
}
