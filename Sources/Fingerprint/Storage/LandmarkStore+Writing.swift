import Core
import MappedFiles

extension LandmarkStore {
  /// Writes records at the end of the file and to disk: after this, a transaction may refer to them.
  /// No query sees them until ``publish(_:)``.
  ///
  /// When it throws, the store is as it was and the next append starts at the same place: `noSpace` or
  /// `system` from the disk, `tooLarge` for more audio than one line of frames holds (19,000 h),
  /// `unavailable` while a compaction waits to be adopted, or after a failed fsync, after which the
  /// kernel may have dropped the pages and will not say so twice.
  public func append(_ entries: [Entry]) throws(HarkError) -> [LandmarkRange] {
    guard !entries.isEmpty else { return [] }
    let records = entries.map {
      ConstellationRecord.encode($0.constellation.stored(parameters))
    }
    let frames = state.withLock { state in state.parts.reduce(0) { $0 + $1.frames } }
    let added = entries.reduce(0) { $0 + $1.constellation.frames + LandmarkIndex.gap }
    guard frames + added < Int(UInt32.max) else {
      throw HarkError(
        .tooLarge, "the landmarks in \(directory.escaped) are of as much audio as can be searched",
        remedy: "divide the library between two state directories")
    }
    return try writer.withLock { (writer) throws(HarkError) in
      if let failure = writer.failure { throw failure }
      guard !writer.isCompacting else {
        throw HarkError(
          .unavailable, "the landmarks are being compacted",
          remedy: "append again after that is adopted")
      }
      var bytes: [UInt8] = []
      var ranges: [LandmarkRange] = []
      for record in records {
        ranges.append(
          LandmarkRange(
            generation: writer.generation, offset: writer.end + bytes.count,
            length: record.count, checksum: Checksum.crc32c(record[...])))
        bytes += record
      }
      try writer.file.write(bytes, at: writer.end)
      do throws(HarkError) {
        try writer.file.synchronise()
        if !writer.isDirectorySynchronised { try fileSystem.synchronise(directory: directory) }
      } catch {
        writer.failure = HarkError(
          .unavailable, "the landmarks in \(directory.escaped) take no more recordings",
          remedy: "see to the disk, then restart harkd", cause: error.description)
        throw error
      }
      writer.isDirectorySynchronised = true
      writer.end += bytes.count
      writer.isBatchOpen = true
      return ranges
    }
  }

  /// Shows recordings to queries from now on, after the transaction that refers to their records was
  /// committed; what was published before for the same keys counts no more. It ends the batch that was
  /// appended last: of that, what is not among `published` will never be.
  ///
  /// Throws `defect` if the ranges are not of the generation that queries read or a compaction is
  /// under way. Complexity: O(landmarks in no run yet).
  public func publish(_ published: [(entry: Entry, range: LandmarkRange)]) throws(HarkError) {
    writer.withLock { $0.isBatchOpen = false }
    try state.withLock { (state) throws(HarkError) in
      guard state.removals == nil,
        published.allSatisfy({ $0.range.generation == state.generation })
      else {
        throw HarkError(
          .defect, "landmarks were published while their file is another or is being compacted",
          remedy: "publish before a compaction begins; a restart shows the recordings")
      }
      for (entry, range) in published {
        state.remove(entry.recording)
        state.ranges[entry.recording] = range
      }
      state.add(
        published.map { ($0.entry.recording, $0.entry.constellation.stored(parameters), $0.range) },
        parameters)
    }
  }

  /// Takes recordings again after a failed ``append(_:)``, if the disk does: cuts off what nothing
  /// refers to, and asks the disk again. The open batch is given up.
  ///
  /// Throws what the system says; then everything is as before.
  public func recover() throws(HarkError) {
    try writer.withLock { (writer) throws(HarkError) in
      guard !writer.isCompacting else { return }
      try writer.file.truncate(to: writer.end)
      try writer.file.synchronise()
      try fileSystem.synchronise(directory: directory)
      writer.isDirectorySynchronised = true
      writer.isBatchOpen = false
      writer.failure = nil
    }
  }

  /// Hides recordings from every later query. Their records stay until a compaction, their landmarks
  /// until their run is merged. Keys that are not here are passed over.
  public func remove(_ recordings: [RecordingKey]) {
    state.withLock { state in
      for key in recordings { state.remove(key) }
    }
  }
}

extension LandmarkStore.State {
  mutating func remove(_ key: RecordingKey) {
    guard ranges.removeValue(forKey: key) != nil else { return }
    revision += 1
    removals?.append(key)
    missing.remove(key)
    kill(key)
  }

  /// Its landmarks count no more where they lie.
  mutating func kill(_ key: RecordingKey) {
    guard let place = places.removeValue(forKey: key),
      let part = parts.firstIndex(where: { $0.id == place.part })
    else { return }
    parts[part].kill(place.slot)
  }

  /// Adds recordings to the tail that grows.
  mutating func add(
    _ added: [(RecordingKey, Constellation, LandmarkRange)], _ parameters: FingerprintParameters
  ) {
    guard !added.isEmpty else { return }
    revision += 1
    if case .tail? = parts.last?.source {} else { beginTail() }
    guard let last = parts.indices.last, case .tail(var tail) = parts[last].source else { return }
    let first = tail.recordings.count
    // Given back at once: while it is out, nobody else holds the landmarks.
    parts[last].source = .tail(Tail())
    tail.add(added.map { ($0.0, $0.1, $0.2.length, $0.2.checksum) }, parameters)
    parts[last].source = .tail(tail)
    for (offset, recording) in added.enumerated() {
      kill(recording.0)
      places[recording.0] = Place(part: parts[last].id, slot: first + offset)
      missing.remove(recording.0)
    }
  }

  mutating func beginTail() {
    parts.append(Part(id: nextPart, .tail(Tail())))
    nextPart += 1
  }
}
