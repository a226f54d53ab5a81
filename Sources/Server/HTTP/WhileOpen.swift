import Core
import NIOCore
import Threads

extension Channel {
  /// What `body` gives, unless the client goes before that: then `body` is cancelled, since nobody would
  /// read the answer. A client that has only closed its sending side still waits.
  ///
  /// For work of seconds and more, as it looks once a second. Throws what `body` throws, and
  /// `unavailable` once the client has gone.
  func whileOpen<Value: Sendable>(
    _ body: @escaping @Sendable () async throws -> Value
  ) async throws -> Value {
    try await withThrowingTaskGroup(of: Value?.self) { group in
      group.addTask { try await body() }
      group.addTask {
        while self.isActive { try await Alarm.sleep(for: .seconds(1)) }
        return nil
      }
      defer { group.cancelAll() }
      guard let first = try await group.next(), let value = first else {
        throw HarkError(.unavailable, "the request was given up, since its client has gone")
      }
      return value
    }
  }
}
