import CKernels
import Core

/// Exact top-k over pooled embeddings, for any number of queries in one pass.
struct RecordingScan: Sendable {
  let snapshot: Snapshot
  let queries: [PreparedQuery]
  let selection: Selection
  let kernels: Kernels

  /// Rows scored by one call of a kernel.
  private static let block = 512

  /// Whether visiting only the allowed rows, each a jump in memory and found by its key, costs less
  /// than reading all rows' sketches, or the rows themselves, in order.
  static func isSparse(allowed: Int, in snapshot: Snapshot) -> Bool {
    let sketched = snapshot.sketches?.count ?? 0
    return allowed * 8 < snapshot.slots.count - sketched + sketched / 12
  }

  /// The hits of each query, and recordings that would be among them if their rows had their checksum.
  func run(count: Int) -> (hits: [[Hit]], damaged: [RecordingKey]) {
    let slotCount = snapshot.slots.count
    let sketches = selection.visited == nil ? snapshot.sketches?.usable : nil
    let sketched = sketches?.count ?? 0
    let parts = Scan.parts(
      bytes: selection.visited.map { $0.count * RowKind.recordings.bytesPerRow }
        ?? sketched / SketchLayout.rowsPerBlock * SketchLayout.bytesPerBlock
        + (slotCount - sketched) * RowKind.recordings.bytesPerRow)
    let gathered = Scan.gather(parts: parts) { part in
      var kept = queries.map { Candidates(count: count, error: $0.recordingError) }
      if let sketches {
        let blocks = Scan.slice(
          0..<sketched / SketchLayout.rowsPerBlock, part: part, of: parts)
        withUnsafeTemporaryAllocation(
          of: hark_survivor.self, capacity: SketchScan.room(queries: queries.count)
        ) { found in
          var scan = SketchScan(self, sketches, found: found)
          scan.run(blocks, into: &kept)
        }
      }
      withUnsafeTemporaryAllocation(of: Float.self, capacity: Self.block) { scores in
        for (index, query) in queries.enumerated() {
          if let visited = selection.visited {
            let slice = Scan.slice(0..<visited.count, part: part, of: parts)
            scan(visited[slice], query, scores, into: &kept[index])
          } else {
            scan(
              Scan.slice(sketched..<slotCount, part: part, of: parts), query, scores,
              into: &kept[index])
          }
        }
      }
      return kept
    } merge: { kept, other in
      for index in kept.indices { kept[index].merge(other[index]) }
    }
    var damaged: [RecordingKey] = []
    let hits = zip(queries, gathered).map { query, candidates in
      best(of: candidates, for: query, count: count, &damaged)
    }
    return (hits, damaged)
  }

  private func best(
    of candidates: Candidates, for query: PreparedQuery, count: Int,
    _ damaged: inout [RecordingKey]
  ) -> [Hit] {
    var candidates = candidates
    candidates.prune()
    var hits: [Hit] = []
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
    return orderedHits(hits, count: count)
  }

  /// Visits runs of neighbouring slots.
  private func scan(
    _ slots: ArraySlice<Int32>, _ query: PreparedQuery,
    _ scores: UnsafeMutableBufferPointer<Float>, into candidates: inout Candidates
  ) {
    var rest = slots
    while let first = rest.first {
      var length = 1
      while length < rest.count, rest[rest.startIndex + length] == first + Int32(length) {
        length += 1
      }
      scan(Int(first)..<Int(first) + length, query, scores, into: &candidates)
      rest = rest.dropFirst(length)
    }
  }

  private func scan(
    _ range: Range<Int>, _ query: PreparedQuery,
    _ scores: UnsafeMutableBufferPointer<Float>, into candidates: inout Candidates
  ) {
    guard let base = scores.baseAddress else { return }
    var first = range.lowerBound
    while first < range.upperBound {
      let count = min(Self.block, range.upperBound - first)
      kernels.scoreRecordings(
        query, snapshot.recordings.pointer(to: first), count: count, into: base)
      // Few rows pass the threshold, so only those pay for the look at their slot.
      for offset in 0..<count where base[offset] >= candidates.threshold {
        offer(first + offset, base[offset], of: query, to: &candidates)
      }
      first += count
    }
  }

  /// Takes a slot with its selecting score; +∞ asks for the score in double precision.
  func offer(
    _ index: Int, _ score: Float, of query: PreparedQuery, to candidates: inout Candidates
  ) {
    guard selection.admits(snapshot.slots[index]) else { return }
    guard score == .infinity else { return candidates.offer(score, slot: index) }
    let exact = query.score(recording: snapshot.recordings.pointer(to: index))
    candidates.offer(Float(exact), slot: index)
  }
}
