import Core

extension ModelIndex {
  /// The `k` recordings whose pooled embeddings have the greatest cosine to `query`, best first,
  /// ties by key. Exact: scores are computed in double precision from what is stored, and a zero
  /// vector's cosine is 0.
  ///
  /// - Parameters:
  ///   - allowed: only these recordings, whether or not they are here; `nil` allows all.
  ///   - excluded: never these.
  ///
  /// Throws `corrupt` if the file was cut short. Complexity: O(n), or O(allowed) when
  /// few are, and n / 64 bits to find them.
  public func similar(
    to query: Embedding, k: Int, allowed: RecordingKeys? = nil,
    excluding excluded: Set<RecordingKey> = []
  ) throws(HarkError) -> [Hit] {
    try similar(toEach: [query], k: k, allowed: allowed, excluding: excluded).first ?? []
  }

  /// The same for several queries, which share one pass over the rows: the hits of each.
  public func similar(
    toEach queries: [Embedding], k: Int, allowed: RecordingKeys? = nil,
    excluding excluded: Set<RecordingKey> = []
  ) throws(HarkError) -> [[Hit]] {
    guard k > 0 else { return queries.map { _ in [] } }
    let prepared = queries.map { PreparedQuery($0) }
    return try sound(excluding: excluded) { (excluded) throws(HarkError) in
      let (snapshot, selection) = select(allowed, excluding: excluded)
      try snapshot.recordings.file.check(holds: snapshot.slots.count)
      return RecordingScan(
        snapshot: snapshot, queries: prepared, selection: selection, kernels: kernels
      ).run(count: k)
    }
  }

  /// The `k` recordings that have the segments with the greatest cosine to `query`, each with its
  /// best segment's score and stretch (the earliest of equals), best first, ties by key. Exact for
  /// the stored codes. Recordings without segments are never hits.
  ///
  /// Parameters and errors as for ``similar(to:k:allowed:excluding:)``. Complexity: O(segments
  /// visited).
  public func similarMoments(
    to query: Embedding, k: Int, allowed: RecordingKeys? = nil,
    excluding excluded: Set<RecordingKey> = []
  ) throws(HarkError) -> [Hit] {
    guard k > 0 else { return [] }
    return try sound(excluding: excluded) { (excluded) throws(HarkError) in
      let (snapshot, selection) = select(allowed, excluding: excluded)
      try snapshot.segments.file.check(holds: snapshot.segmentRows)
      return try SegmentScan(
        snapshot: snapshot, query: PreparedQuery(query), selection: selection, kernels: kernels
      ).run(count: k)
    }
  }

  /// Recordings whose rows a query found damaged since the last call. No query sees them any more.
  public func takeDamaged() -> Set<RecordingKey> {
    state.withLock { state in
      defer { state.damaged = [] }
      return state.damaged
    }
  }

  /// No answer is made of bytes that are not what was appended: a recording whose rows do not have
  /// their checksum is hidden, and the query is asked again without it.
  private func sound<Hits>(
    excluding excluded: Set<RecordingKey>,
    _ scan: (_ excluded: Set<RecordingKey>) throws(HarkError) -> (
      hits: Hits, damaged: [RecordingKey]
    )
  ) throws(HarkError) -> Hits {
    var excluded = excluded
    while true {
      let (hits, damaged) = try scan(excluded)
      if damaged.isEmpty { return hits }
      excluded.formUnion(damaged)
      state.withLock { state in
        for key in damaged where state.slotOfKey[key] != nil {
          state.remove(key)
          state.damaged.insert(key)
        }
      }
    }
  }

  /// The stored pooled embedding; `nil` for a recording that is not here. Throws `corrupt` if the
  /// bytes are not what was appended.
  public func pooled(of key: RecordingKey) throws(HarkError) -> Embedding? {
    guard let (snapshot, index) = slot(of: key) else { return nil }
    try snapshot.recordings.file.check(holds: snapshot.slots.count)
    let bytes = snapshot.recordings.bytes(index, count: 1)
    guard kernels.crc32c(bytes) == snapshot.slots[index].pooledChecksum,
      let embedding = Embedding(Array(bytes.bindMemory(to: Float.self)))
    else { throw damaged(key, snapshot.recordings) }
    return embedding
  }

  /// The stored segments; `nil` for a recording that is not here. Throws `corrupt` if the bytes are
  /// not what was appended.
  public func segments(of key: RecordingKey) throws(HarkError) -> SegmentCodes? {
    guard let (snapshot, index) = slot(of: key) else { return nil }
    try snapshot.segments.file.check(holds: snapshot.segmentRows)
    let slot = snapshot.slots[index]
    let bytes = snapshot.segments.bytes(slot.firstSegment, count: slot.segments.count)
    guard kernels.crc32c(bytes) == slot.segmentsChecksum, let segments = SegmentCodes(rows: bytes)
    else { throw damaged(key, snapshot.segments) }
    return segments
  }

  /// What a stretch is as a query (``SegmentCodes/mean(in:)``). `nil` for a recording that is not here or
  /// has no segments.
  public func meanOfSegments(
    of key: RecordingKey, in range: TimeRange
  ) throws(HarkError) -> Embedding? {
    try segments(of: key)?.mean(in: range)
  }

  /// One snapshot, and what to look at in it.
  private func select(
    _ allowed: RecordingKeys?, excluding excluded: Set<RecordingKey>
  ) -> (Snapshot, Selection) {
    let (snapshot, places) = state.withLock { ($0.snapshot, $0.slotOfKey) }
    return (
      snapshot, Selection(allowed: allowed, excluding: excluded, places: places, in: snapshot)
    )
  }

  private func slot(of key: RecordingKey) -> (Snapshot, Int)? {
    state.withLock { state in state.slotOfKey[key].map { (state.snapshot, Int($0)) } }
  }

  private func damaged(_ key: RecordingKey, _ rows: MappedRows) -> HarkError {
    HarkError(
      .corrupt,
      "the rows of recording \(key.rawValue) in \(rows.file.path.escaped) are damaged",
      remedy: "say `hark forget` for its files: they are analysed again")
  }
}
