import Core
import MappedFiles

extension LandmarkStore {
  /// Does what is due in the background: checks runs that were opened, makes lost ones anew, writes
  /// landmarks in memory to a run where they are worth one, and merges runs. Queries, appends and
  /// removals go on meanwhile. To be called after opening, and now and then after publishing; returns
  /// at once where another call is at it or nothing is due.
  ///
  /// Throws what the system says; then everything is as before, and the next call tries again.
  public func maintain() throws(HarkError) {
    var failure: HarkError?
    maintaining.withLockIfAvailable { _ in
      do throws(HarkError) {
        try checkRuns()
        repeat {
          try absorbMissing(upTo: landmarksPerRun)
          while try mergeOnce() {}
        } while missingCount > 0
      } catch {
        failure = error
      }
    }
    if let failure { throw failure }
  }

  /// Reads the postings of runs that were not read since the store was opened.
  private func checkRuns() throws(HarkError) {
    while let run = state.withLock({ state in
      state.parts.lazy.compactMap(\.run).first { state.unchecked.contains($0.number) }
    }) {
      do {
        try run.checkPostings()
        state.withLock { _ = $0.unchecked.remove(run.number) }
      } catch  where error.code == .corrupt {
        state.withLock { $0.lose(run.number) }
        try run.file.unlink()
      }
    }
  }

  /// Reads recordings that are in no part from the records, up to about so many landmarks. One whose
  /// record is damaged stays out; ``check(progress:)`` tells. Throws what the system says; what was
  /// not read then is still missing.
  func absorbMissing(upTo most: Int) throws(HarkError) {
    var (file, line, wanted) = state.withLock { state in
      (
        state.file, state.parts.reduce(0) { $0 + $1.frames },
        state.missing.compactMap { key in state.ranges[key].map { (key, $0) } }
          .sorted { $0.1.offset < $1.1.offset }
      )
    }
    var found: [(RecordingKey, Constellation, LandmarkRange)] = []
    var damaged: [RecordingKey] = []
    var landmarks = 0
    var failure: HarkError?
    for (key, range) in wanted where landmarks < most && failure == nil {
      do throws(HarkError) {
        let constellation = try file.constellation(at: range, of: key)
        line += constellation.frames + LandmarkIndex.gap
        // What was appended fits; records that say otherwise are not what was appended.
        guard line < Int(UInt32.max) else {
          damaged.append(key)
          continue
        }
        found.append((key, constellation, range))
        landmarks += (constellation.grids.first?.count ?? 0) * parameters.fanOut
      } catch {
        if error.code == .corrupt { damaged.append(key) } else { failure = error }
      }
    }
    if !found.isEmpty || !damaged.isEmpty {
      state.withLock { state in
        for key in damaged { state.missing.remove(key) }
        state.add(
          found.filter {
            state.missing.contains($0.0) && state.ranges[$0.0]?.checksum == $0.2.checksum
          },
          parameters)
      }
    }
    if let failure { throw failure }
  }

  /// Writes one run out of others and of landmarks in memory; false if nothing was due.
  private func mergeOnce() throws(HarkError) -> Bool {
    let (due, number) = state.withLock { state -> ([Part], Int) in
      let due = state.dueForMerge(landmarksPerRun)
      if !due.isEmpty { state.nextRun += 1 }
      return (due, state.nextRun - 1)
    }
    guard !due.isEmpty else { return false }
    for part in due { try part.run?.checkLength() }
    var writer = try RunWriter(
      number, of: due, in: directory, parameters, fileSystem: fileSystem)
    try writer.run()
    try fileSystem.synchronise(directory: directory)
    let run = try Run(number, in: directory, parameters, fileSystem: fileSystem)
    state.withLock { $0.replace(due, by: run, writer.origins) }
    // Queries that still read them have them open. If they stay, the next start removes them.
    for part in due { try? part.run?.file.unlink() }
    return true
  }
}
