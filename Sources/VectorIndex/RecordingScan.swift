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

  /// The hits of each query, and recordings that would be among them if their rows had their checksum.
  ///
  /// - Parameter parts: how many threads share the work; by default what the bytes are worth.
  func run(count: Int, parts: Int? = nil) -> (hits: [[Hit]], damaged: [RecordingKey]) {
    let slotCount = snapshot.slots.count
    let sketches = snapshot.sketches?.usable
    let sketched = sketches?.count ?? 0
    let all =
      sketched / SketchLayout.rowsPerBlock * SketchLayout.bytesPerBlock
      + (slotCount - sketched) * RowKind.recordings.bytesPerRow
    let parts =
      parts
      ?? Scan.parts(
        bytes: selection.rows.map { min($0.count * RowKind.recordings.bytesPerRow, all) } ?? all)
    let gathered = Scan.gather(parts: parts) { part in
      var kept = queries.map { Candidates(count: count, error: $0.recordingError) }
      let rows = selection.rows?.slice(below: slotCount, part: part, of: parts)
      if let sketches {
        withUnsafeTemporaryAllocation(
          of: hark_survivor.self, capacity: SketchScan.room(queries: queries.count)
        ) { found in
          var scan = SketchScan(self, sketches, found: found)
          if let rows {
            scan.run(rowsOf: rows.clamped(to: 0..<sketched), into: &kept)
          } else {
            scan.run(
              Scan.slice(0..<sketched / SketchLayout.rowsPerBlock, part: part, of: parts),
              into: &kept)
          }
        }
      }
      withUnsafeTemporaryAllocation(of: Float.self, capacity: Self.block) { scores in
        let rest =
          rows?.clamped(to: sketched..<slotCount)
          ?? Scan.slice(sketched..<slotCount, part: part, of: parts)
        for (index, query) in queries.enumerated() {
          scan(rest, query, scores, into: &kept[index])
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
    damaged += candidates.damaged.map { RecordingKey(snapshot.slots[Int($0)].key) }
    var hits: [Hit] = []
    for candidate in candidates.items {
      let index = Int(candidate.slot)
      let slot = snapshot.slots[index]
      guard isSound(index) else {
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

  /// Reads rows in full, of those that have no sketch; where only some are selected, runs of them.
  private func scan(
    _ range: Range<Int>, _ query: PreparedQuery,
    _ scores: UnsafeMutableBufferPointer<Float>, into candidates: inout Candidates
  ) {
    guard let rows = selection.rows else {
      return score(range, query, scores, into: &candidates)
    }
    var row = rows.next(from: range.lowerBound, below: range.upperBound)
    while row < range.upperBound {
      let end = rows.endOfRun(from: row, below: range.upperBound)
      score(row..<end, query, scores, into: &candidates)
      row = rows.next(from: end, below: range.upperBound)
    }
  }

  private func score(
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

  /// Reads one row in full.
  func score(_ row: Int, of query: PreparedQuery, into candidates: inout Candidates) {
    var score: Float = 0
    kernels.scoreRecordings(query, snapshot.recordings.pointer(to: row), count: 1, into: &score)
    if score >= candidates.threshold { offer(row, score, of: query, to: &candidates) }
  }

  /// Takes a slot with its selecting score; +∞ asks for the score in double precision.
  func offer(
    _ index: Int, _ score: Float, of query: PreparedQuery, to candidates: inout Candidates
  ) {
    guard selection.admits(index, in: snapshot.slots) else { return }
    guard score == .infinity else { return candidates.offer(score, slot: index) }
    let exact = query.score(recording: snapshot.recordings.pointer(to: index))
    candidates.offer(Float(exact), slot: index)
  }
  /// Takes a slot whose sketch proves its score to lie between `least` and `most`. The sketch may have
  /// raised the threshold, so a row that scores otherwise must not pass for one that is merely worse.
  func offer(
    _ index: Int, between least: Double, _ most: Double, of query: PreparedQuery,
    to candidates: inout Candidates
  ) {
    guard selection.admits(index, in: snapshot.slots) else { return }
    let exact = query.score(recording: snapshot.recordings.pointer(to: index))
    guard (least <= exact && exact <= most) || isSound(index) else {
      return candidates.report(damaged: index)
    }
    candidates.offer(Float(exact), slot: index)
  }

  private func isSound(_ index: Int) -> Bool {
    kernels.crc32c(snapshot.recordings.bytes(index, count: 1))
      == snapshot.slots[index].pooledChecksum
  }
}
