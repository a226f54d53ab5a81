import Core
import Synchronization
import SystemPackage

/// What has happened since the start, and what the administrator should know.
final class Statistics: Sendable {
  /// A kind of trouble; each has at most one warning at a time.
  enum Trouble: Hashable, Sendable {
    case writing, noting, analysing, model, sandbox, unreadable, watching(FilePath)
  }

  struct Counts: Sendable {
    var analysed = 0
    var seconds = 0.0
  }

  private struct State {
    var counts = Counts()
    var warnings: [Trouble: String] = [:]
  }

  /// When the daemon started, in seconds since 1970.
  let started = WallClock.now
  let stateDirectory: FilePath
  private let state = Mutex(State())

  init(stateDirectory: FilePath) { self.stateDirectory = stateDirectory }

  var counts: Counts { state.withLock { $0.counts } }

  var warnings: [String] { state.withLock { $0.warnings.values.sorted() } }

  func countAnalysed(seconds: Double) {
    state.withLock {
      $0.counts.analysed += 1
      $0.counts.seconds += seconds
    }
  }

  func warn(_ trouble: Trouble, _ text: String) {
    state.withLock { $0.warnings[trouble] = text }
  }

  func hasWarning(_ trouble: Trouble) -> Bool {
    state.withLock { $0.warnings[trouble] != nil }
  }

  func clearWarning(_ trouble: Trouble) {
    state.withLock { _ = $0.warnings.removeValue(forKey: trouble) }
  }
}
