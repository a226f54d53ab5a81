import Core

/// Exact top-k over pooled embeddings.
struct RecordingScan: Sendable {
  let snapshot: Snapshot
  let query: PreparedQuery
  let selection: Selection
  let kernels: Kernels

  /// Rows scored by one call of a kernel.
  private static let block = 512

  /// Whether visiting only the allowed rows, each a jump in memory and found by its key, costs less
  /// than reading all rows in order.
  static func isSparse(allowed: Int, of slots: Int) -> Bool { allowed * 8 < slots }

  /// The hits, and recordings that would be among them if their rows had their checksum.
  func run(count: Int) -> (hits: [Hit], damaged: [RecordingKey]) {
    let slotCount = snapshot.slots.count
    let sketches = usableSketches()
    let sketched = sketches?.count ?? 0
    let parts = Scan.parts(
      bytes: selection.visited.map { $0.count * RowKind.recordings.bytesPerRow }
        ?? sketched * RowKind.sketches.bytesPerRow
        + (slotCount - sketched) * RowKind.recordings.bytesPerRow)
    var candidates = Scan.gather(parts: parts) { part in
      var candidates = Candidates(count: count, error: query.recordingError)
      withUnsafeTemporaryAllocation(of: Float.self, capacity: Self.block) { scores in
        if let visited = selection.visited {
          let slice = Scan.slice(0..<visited.count, part: part, of: parts)
          scan(visited[slice], scores, into: &candidates)
        } else {
          if let sketches {
            scan(
              sketches, Scan.slice(0..<sketched, part: part, of: parts), scores, into: &candidates)
          }
          scan(Scan.slice(sketched..<slotCount, part: part, of: parts), scores, into: &candidates)
        }
      }
      return candidates
    }
    candidates.prune()
    var hits: [Hit] = []
    var damaged: [RecordingKey] = []
    for candidate in candidates.items {
      let index = Int(candidate.slot)
      let slot = snapshot.slots[index]
      guard kernels.crc32c(snapshot.recordings.bytes(index, count: 1)) == slot.pooledChecksum else {
        damaged.append(RecordingKey(slot.key))
        continue
      }
      hits.append(
        Hit(
          recording: RecordingKey(slot.key),
          score: query.score(recording: snapshot.recordings.pointer(to: index))))
    }
    return (orderedHits(hits, count: count), damaged)
  }

  /// The snapshot's sketches, unless their file was cut short: then every row is read in full.
  private func usableSketches() -> Sketches? {
    guard selection.visited == nil, let sketches = snapshot.sketches,
      let present = try? sketches.rows.file.rowCount(), present >= sketches.count
    else { return nil }
    return sketches
  }

  /// Scores sketches, and in full only the recordings whose sketch does not rule them out.
  ///
  /// A candidate's score is exact but for rounding, which ``Candidates`` allows for. A sketch's is at
  /// most `error` from it: below the threshold by more than that, the recording is out.
  private func scan(
    _ sketches: Sketches, _ range: Range<Int>, _ scores: UnsafeMutableBufferPointer<Float>,
    into candidates: inout Candidates
  ) {
    guard let base = scores.baseAddress else { return }
    // 2⁻²² covers the rounding of this sum and of the subtraction below.
    let error = query.segmentError + sketches.distance + 0x1p-22
    var first = range.lowerBound
    while first < range.upperBound {
      let count = min(Self.block, range.upperBound - first)
      kernels.scoreSketches(query, sketches.rows.pointer(to: first), count: count, into: base)
      for offset in 0..<count where base[offset] >= candidates.threshold - error {
        offer(first + offset, .infinity, to: &candidates)
      }
      first += count
    }
  }

  /// Visits runs of neighbouring slots.
  private func scan(
    _ slots: ArraySlice<Int32>, _ scores: UnsafeMutableBufferPointer<Float>,
    into candidates: inout Candidates
  ) {
    var rest = slots
    while let first = rest.first {
      var length = 1
      while length < rest.count, rest[rest.startIndex + length] == first + Int32(length) {
        length += 1
      }
      scan(Int(first)..<Int(first) + length, scores, into: &candidates)
      rest = rest.dropFirst(length)
    }
  }

  private func scan(
    _ range: Range<Int>, _ scores: UnsafeMutableBufferPointer<Float>,
    into candidates: inout Candidates
  ) {
    guard let base = scores.baseAddress else { return }
    var first = range.lowerBound
    while first < range.upperBound {
      let count = min(Self.block, range.upperBound - first)
      kernels.scoreRecordings(
        query, snapshot.recordings.pointer(to: first), count: count, into: base)
      // Few rows pass the threshold, so only those pay for the look at their slot.
      for offset in 0..<count where base[offset] >= candidates.threshold {
        offer(first + offset, base[offset], to: &candidates)
      }
      first += count
    }
  }

  private func offer(_ index: Int, _ score: Float, to candidates: inout Candidates) {
    guard selection.admits(snapshot.slots[index]) else { return }
    guard score == .infinity else { return candidates.offer(score, slot: index) }
    let exact = query.score(recording: snapshot.recordings.pointer(to: index))
    candidates.offer(Float(exact), slot: index)
  }
}
