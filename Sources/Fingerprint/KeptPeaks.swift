import Core
import Synchronization

/// Peaks of the recordings that a query has looked at.
///
/// Places that lead are looked at one after another, by several searches and in every window of a long
/// query, and many are of one recording. Its record is read, checked and decoded once: of an
/// hour that is more work than all that is then done with it.
final class KeptPeaks: Sendable {
  private struct Contents {
    var peaks: [RecordingKey: [Peak]] = [:]
    var count = 0
  }

  private let limit: Int
  private let contents = Mutex(Contents())

  /// - Parameter limit: peaks that are kept at most, of all recordings together.
  init(limit: Int = 1_000_000) { self.limit = limit }

  /// A recording's peaks: those kept, or else what `read` gives.
  func peaks(of key: RecordingKey, _ read: () -> [Peak]) -> [Peak] {
    if let kept = contents.withLock({ $0.peaks[key] }) { return kept }
    let peaks = read()
    guard peaks.count <= limit / 2 else { return peaks }
    contents.withLock { contents in
      // Rarely full: which of them are asked for again cannot be known.
      if contents.count + peaks.count > limit { contents = Contents() }
      if contents.peaks.updateValue(peaks, forKey: key) == nil { contents.count += peaks.count }
    }
    return peaks
  }
}
