import Core

extension FakeLibrary {
  /// How long an identification or an analysis takes, how many began, and how many were given up.
  struct Search {
    var time: Duration?
    var begun = 0
    var givenUp = 0
  }

  /// Takes its time, unless its task is cancelled.
  func search() async throws(HarkError) {
    guard let time = with({ $0.search.time }) else { return }
    with { $0.search.begun += 1 }
    do {
      try await Task.sleep(for: time)
    } catch {
      with { $0.search.givenUp += 1 }
      throw HarkError(.unavailable, "given up")
    }
  }

  /// The same of an analysis.
  func listen() async throws(AnalysisFailure) {
    guard let time = with({ $0.analysis.time }) else { return }
    with { $0.analysis.begun += 1 }
    do {
      try await Task.sleep(for: time)
    } catch {
      with { $0.analysis.givenUp += 1 }
      throw AnalysisFailure(.unavailable, "given up")
    }
  }
}
