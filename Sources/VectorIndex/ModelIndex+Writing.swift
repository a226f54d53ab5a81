import Core

extension ModelIndex {
  /// Writes a recording's rows at the end of both files. No query sees them, and a power cut may
  /// take them, until ``synchronise()`` and ``publish(key:rows:)``.
  ///
  /// When it throws, the index is as it was and the next append starts at the same place: `noSpace`
  /// or `system` from the disk, `unavailable` while a compaction waits to be adopted, or after a
  /// failed ``synchronise()``, `corrupt` if a file was cut short.
  public func append(pooled: Embedding, segments: SegmentCodes) throws(HarkError) -> AppendedRows {
    let recordingBytes = pooled.values.withUnsafeBytes { Array($0) }
    let segmentBytes = segments.rowBytes
    let recordingChecksum = kernels.crc32c(recordingBytes[...])
    let segmentsChecksum = kernels.crc32c(segmentBytes[...])
    return try writer.withLock { (writer) throws(HarkError) in
      try writer.checkWritable()
      // A write behind a file's end would fill what was cut off with zeros, which nobody could tell
      // from rows that are there.
      try writer.segments.check(holds: writer.segmentRows)
      try writer.recordings.check(holds: writer.recordingRows)
      try writer.segments.write(segmentBytes, row: writer.segmentRows)
      try writer.recordings.write(recordingBytes, row: writer.recordingRows)
      // Room in the maps is made here, so that publishing cannot fail for want of it.
      try state.withLock { (state) throws(HarkError) in
        try state.snapshot.recordings.reserve(rows: writer.recordingRows + 1)
        try state.snapshot.segments.reserve(rows: writer.segmentRows + segments.count)
      }
      let generation = writer.recordings.header.generation
      let appended = AppendedRows(
        pooled: RowRange(
          generation: generation, first: writer.recordingRows, count: 1,
          checksum: recordingChecksum),
        segments: RowRange(
          generation: generation, first: writer.segmentRows, count: segments.count,
          checksum: segmentsChecksum))
      writer.recordingRows += 1
      writer.segmentRows += segments.count
      return appended
    }
  }

  /// Writes everything appended so far to disk: after this, a transaction may refer to it.
  ///
  /// When it throws, nothing appended since the last success may be committed, and the index takes
  /// no more until it is opened again: after a failed fsync the kernel may have dropped the pages
  /// and will not say so twice.
  public func synchronise() throws(HarkError) {
    let (recordings, segments, isDirectorySynchronised) = try writer.withLock {
      (writer) throws(HarkError) in
      if let failure = writer.failure { throw failure }
      return (writer.recordings, writer.segments, writer.isDirectorySynchronised)
    }
    do {
      try segments.synchronise()
      try recordings.synchronise()
      if !isDirectorySynchronised { try fileSystem.synchronise(directory: directory) }
    } catch {
      writer.withLock {
        $0.failure = HarkError(
          .unavailable, "the index of model \(model.short) takes no more recordings",
          remedy: "see to the disk, then restart harkd", cause: error.description)
      }
      throw error
    }
    writer.withLock {
      // A generation adopted meanwhile made its own names durable.
      $0.isDirectorySynchronised = true
    }
  }

  /// Shows a recording's rows to queries from now on, after the transaction that refers to them was
  /// committed; rows published earlier for the same key become dead.
  ///
  /// Throws `defect` if the rows are not of the generation that queries read.
  public func publish(key: RecordingKey, rows: AppendedRows) throws(HarkError) {
    try state.withLock { (state) throws(HarkError) in
      let generation = state.snapshot.generation
      guard key.rawValue > 0, rows.pooled.generation == generation,
        rows.segments.generation == generation, state.removals == nil
      else {
        throw HarkError(
          .defect,
          "rows of generation \(rows.pooled.generation) were published for recording "
            + "\(key.rawValue) while the index is at generation \(generation) or compacts",
          remedy: "publish before a compaction begins; a restart shows the recording")
      }
      state.publish(key, pooled: rows.pooled, segments: rows.segments)
    }
    sketchRows()
  }

  /// Hides a recording from every later query. Its rows stay until a compaction. Does nothing for a
  /// key that is not here.
  public func remove(key: RecordingKey) { state.withLock { $0.remove(key) } }
}

extension ModelIndex.Writer {
  func checkWritable() throws(HarkError) {
    if let failure { throw failure }
    guard !isCompacting else {
      throw HarkError(
        .unavailable, "the index is being compacted", remedy: "append again after it is adopted")
    }
  }
}

extension SegmentCodes {
  /// The rows as they lie in the segments file.
  var rowBytes: [UInt8] {
    let bytesPerRow = RowKind.segments.bytesPerRow
    var bytes = [UInt8](repeating: 0, count: count * bytesPerRow)
    bytes.withUnsafeMutableBytes { target in
      codes.withUnsafeBytes { source in
        for index in 0..<count {
          let row = UnsafeMutableRawBufferPointer(
            rebasing: target[index * bytesPerRow..<(index + 1) * bytesPerRow])
          row.copyMemory(
            from: UnsafeRawBufferPointer(
              rebasing: source[
                index * Embedding.dimension..<(index + 1) * Embedding.dimension]))
          row.storeBytes(
            of: scales[index].bitPattern, toByteOffset: Embedding.dimension, as: UInt32.self)
        }
      }
    }
    return bytes
  }

  /// Reads rows as they lie in the segments file; `nil` if a scale is not one.
  init?(rows bytes: UnsafeRawBufferPointer) {
    let bytesPerRow = RowKind.segments.bytesPerRow
    var codes: [Int8] = []
    var scales: [Float] = []
    codes.reserveCapacity(bytes.count / bytesPerRow * Embedding.dimension)
    for start in stride(from: 0, to: bytes.count, by: bytesPerRow) {
      codes.append(
        contentsOf: bytes[start..<start + Embedding.dimension].lazy.map { Int8(bitPattern: $0) })
      scales.append(
        bytes.loadUnaligned(fromByteOffset: start + Embedding.dimension, as: Float.self))
    }
    self.init(codes: codes, scales: scales)
  }
}
