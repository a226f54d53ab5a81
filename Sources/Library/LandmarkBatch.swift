import Catalogue
import Core
import Fingerprint

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
    _ outcomes: [AnalysisOutcome], _ catalogue: Catalogue, on disk: BlockingWork
  ) async throws(HarkError) {
    guard let store, outcomes.contains(where: { $0.landmarks != nil }) else { return }
    var published: [(entry: LandmarkStore.Entry, range: LandmarkRange)] = []
    for outcome in outcomes {
      guard let (analysis, range) = outcome.landmarks, let constellation = analysis.constellation
      else { continue }
      let key: RecordingKey
      if case .completed(let missing, _, _) = outcome {
        // Another decoder may hash it to another id by now.
        key = missing.recording
      } else if let known = try await catalogue.key(of: analysis.recording) {
        key = known
      } else {
        continue
      }
      published.append((LandmarkStore.Entry(recording: key, constellation: constellation), range))
    }
    let stored = try await catalogue.visibility(of: Set(published.map(\.entry.recording)))
    let version = store.parameters.version
    let current = Dictionary(stored.map { ($0.recording, $0.landmarks[version]) }) { first, _ in
      first
    }
    // Even if it is empty: that closes the batch.
    let shown = published.filter { current[$0.entry.recording] == $0.range }
    try await disk.run { () throws(HarkError) in try store.publish(shown) }
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
