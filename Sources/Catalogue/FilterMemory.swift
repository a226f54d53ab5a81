import Core
import Synchronization
import SystemPackage

/// The last answers about which recordings a filter allows: people ask the same thing with one filter
/// again and again, and of a large library an answer takes longer than the search.
///
/// An answer counts until something is written to the catalogue.
final class FilterMemory: Sendable {
  struct Question: Hashable, Sendable {
    var directories: [FilePath]
    var minimumDuration: Double?
    var maximumDuration: Double?
  }

  private struct State {
    var revision: UInt64 = 0
    /// The last one asked stands last; all are of this revision.
    var answers: [(question: Question, keys: RecordingKeys)] = []
  }

  private let state = Mutex(State())
  /// Of a million recordings each has some 150 kB.
  private static let capacity = 16

  /// Grows with each transaction that writes. To be taken before an answer is read, so that it is
  /// never held to be newer than it is.
  var revision: UInt64 { state.withLock { $0.revision } }

  /// Something was, or may have been, written.
  func forget() {
    state.withLock {
      $0.revision += 1
      $0.answers.removeAll(keepingCapacity: true)
    }
  }

  func answer(to question: Question) -> RecordingKeys? {
    state.withLock { state in
      guard let place = state.answers.firstIndex(where: { $0.question == question }) else {
        return nil
      }
      let answer = state.answers.remove(at: place)
      state.answers.append(answer)
      return answer.keys
    }
  }

  /// Keeps an answer, unless something was written since `revision` was taken.
  func remember(_ keys: RecordingKeys, for question: Question, at revision: UInt64) {
    state.withLock { state in
      guard state.revision == revision else { return }
      state.answers.removeAll { $0.question == question }
      if state.answers.count >= Self.capacity { state.answers.removeFirst() }
      state.answers.append((question, keys))
    }
  }
}
