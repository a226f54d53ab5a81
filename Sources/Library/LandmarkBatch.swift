import Catalogue
import Core
import Fingerprint
import Threads

/// The landmarks of one batch of analyses on their way to the disk.
struct LandmarkBatch: Sendable {
  private let store: LandmarkStore?

  init(_ store: LandmarkStore?) { self.store = store }

  /// Appends and fsyncs the constellations of `batch`: one product, or none, for each.
  func append(_ batch: [FinishedAnalysis]) throws(HarkError) -> [NewProduct?] {
    guard let store else { return batch.map { _ in nil } }
    // Which recording it is going to be the catalogue says later; the record does not hold it.
    let entries = batch.compactMap(\.constellation).map {
      LandmarkStore.Entry(recording: RecordingKey(0), constellation: $0)
    }
    var ranges = try store.append(entries)[...]
    return batch.map { finished in
      guard finished.constellation != nil, let range = ranges.popFirst() else { return nil }
      return .landmarks(version: store.parameters.version, range)
    }
  }

  /// Shows what the catalogue refers to now. Of several analyses of one recording that is the first.
  func publish(
    _ outcomes: [AnalysisOutcome], _ recorded: [RecordedOutcome], on disk: BlockingWork
  ) async throws(HarkError) {
    guard let store, outcomes.contains(where: { $0.landmarks != nil }) else { return }
    var published: [(entry: LandmarkStore.Entry, range: LandmarkRange)] = []
    for (outcome, recorded) in zip(outcomes, recorded) {
      guard let (analysis, range) = outcome.landmarks, let constellation = analysis.constellation,
        let key = recorded.landmarksOf
      else { continue }
      published.append((LandmarkStore.Entry(recording: key, constellation: constellation), range))
    }
    // Even if it is empty: that closes the batch.
    try await disk.run { [published] () throws(HarkError) in try store.publish(published) }
  }
}

extension FinishedAnalysis {
  fileprivate var constellation: Constellation? {
    switch self {
    case .analysed(_, let analysis), .completed(_, let analysis): analysis.constellation
    case .known, .failed, .notCompleted: nil
    }
  }
}

extension AnalysisOutcome {
  /// The analysis whose landmarks were appended, and where.
  fileprivate var landmarks: (Analysis, LandmarkRange)? {
    let (analysis, products): (Analysis, [NewProduct])
    switch self {
    case .analysed(_, let all, let made): (analysis, products) = (all, made)
    case .completed(_, let all, let made): (analysis, products) = (all, made)
    case .known, .failed: return nil
    }
    for case .landmarks(_, let range) in products { return (analysis, range) }
    return nil
  }
}
