import Core
import Fingerprint
import Synchronization
import Threads

/// One comparison of all recordings of a library, under way or done. Any thread may ask how far it is.
final class DuplicateComparison: Sendable {
  private struct State {
    var progress = DuplicateSearch.Progress()
    var isCancelled = false
    var result: Result<[Duplicate], HarkError>?
    var listeners: [AsyncStream<Never>.Continuation] = []
  }

  /// Seconds that one question waits at most.
  private static let longest = 86_400.0

  /// Of the landmarks that are compared.
  let revision: Int
  private let state = Mutex(State())

  init(revision: Int) { self.revision = revision }

  var progress: DuplicateSearch.Progress { state.withLock { $0.progress } }

  /// The pairs, once they are known.
  var result: Result<[Duplicate], HarkError>? { state.withLock { $0.result } }

  /// Blocks its thread until all is compared.
  func run(_ index: LandmarkIndex) {
    state.withLock { $0.progress.recordings = index.count }
    do throws(CancellationError) {
      let pairs = try DuplicateSearch(index).pairs { progress in
        state.withLock { state in
          state.progress = progress
          return !state.isCancelled
        }
      }
      finish(.success(pairs))
    } catch {
      finish(
        .failure(
          HarkError(
            .unavailable, "the comparison was given up, since the daemon is stopping",
            remedy: "ask again when it runs")))
    }
  }

  /// Ends with an error, if it has not ended.
  func finish(_ result: Result<[Duplicate], HarkError>) {
    let listeners = state.withLock { state in
      if state.result == nil { state.result = result }
      defer { state.listeners = [] }
      return state.listeners
    }
    for listener in listeners { listener.finish() }
  }

  func cancel() { state.withLock { $0.isCancelled = true } }

  /// Waits until it is done, or so many seconds have passed, or the task is cancelled.
  ///
  /// Seconds come from whoever asks, and a `Duration` traps on what it cannot hold: more than a day is
  /// a day.
  func wait(atMost seconds: Double?) async {
    let (stream, continuation) = AsyncStream.makeStream(of: Never.self)
    let isDone = state.withLock { state in
      if state.result == nil { state.listeners.append(continuation) }
      return state.result != nil
    }
    guard !isDone else { return }
    await withTaskGroup(of: Void.self) { group in
      group.addTask { for await _ in stream {} }
      if let seconds {
        group.addTask { try? await Alarm.sleep(for: .seconds(min(seconds, Self.longest))) }
      }
      await group.next()
      group.cancelAll()
    }
  }
}
