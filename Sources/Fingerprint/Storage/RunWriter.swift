import Core
import MappedFiles
import SystemPackage

/// Writes the recordings of some parts that count into one run, key by key.
///
/// Memory: the recordings' table, one block, and a buffer of 1 MiB. Complexity: O(landmarks).
struct RunWriter {
  private let file: DataFile
  private let parts: [Part]
  private var recordings: [RunRecording] = []
  /// Of each part's recordings: how far the frames move; nil for those that do not count.
  private var moves: [[Int64?]] = []
  private var frames = LandmarkIndex.gap

  /// Where a recording of the run came from.
  struct Origin {
    var part: Int
    var slot: Int
  }

  private(set) var origins: [Origin] = []
  private var buffer: [UInt8] = []
  private var written = 0
  private var postingChecksum: UInt32 = 0

  private static let bufferSize = 1 << 20

  /// Makes the file under a temporary name.
  init(
    _ number: Int, of parts: [Part], in directory: FilePath, _ parameters: FingerprintParameters,
    fileSystem: FileSystem
  ) throws(HarkError) {
    self.parts = parts
    for part in parts {
      var moves: [Int64?] = []
      for slot in 0..<part.recordingCount {
        guard part.isLive(slot) else {
          moves.append(nil)
          continue
        }
        var recording = part.recording(slot)
        moves.append(Int64(frames) - Int64(recording.first))
        recording.first = UInt32(frames)
        frames += Int(recording.frames) + LandmarkIndex.gap
        recordings.append(recording)
        origins.append(Origin(part: part.id, slot: slot))
      }
      self.moves.append(moves)
    }
    let file = LandmarkFile.run(number: number)
    self.file = try DataFile.create(
      directory.appending(file.name(parameters)), header: file.header(parameters),
      fileSystem: fileSystem)
  }

  /// Writes everything to disk and gives the file its name, which the caller makes durable. When it
  /// throws, the file is gone.
  mutating func run() throws(HarkError) {
    do {
      try writeAll()
      try file.settle()
    } catch {
      file.discard()
      throw error
    }
  }

  private mutating func writeAll() throws(HarkError) {
    var summary = RunSummary(
      recordings: recordings.count, landmarks: 0, frames: frames, postingBytes: 0, keysInUse: 0)
    var directory: [UInt32] = [0]
    directory.reserveCapacity(RunBlock.blocks + 1)
    var cursors = parts.map { RunInput($0) }
    var lists = [[UInt32]](repeating: [], count: RunBlock.keys)
    var writer = BitWriter()
    var occupied = [Bool](repeating: false, count: RunBlock.blocks)
    for part in parts { part.mark(&occupied) }
    for block in 0..<RunBlock.blocks {
      guard occupied[block] else {
        directory.append(UInt32(truncatingIfNeeded: summary.postingBytes))
        continue
      }
      for i in 0..<RunBlock.keys {
        lists[i].removeAll(keepingCapacity: true)
        let key = UInt32(block * RunBlock.keys + i)
        for p in parts.indices {
          cursors[p].append(key, moves[p], to: &lists[i])
        }
        summary.landmarks += lists[i].count
        if !lists[i].isEmpty { summary.keysInUse += 1 }
      }
      RunBlock.encode(lists, frames: frames, into: &writer)
      summary.postingBytes += writer.bytes.count
      directory.append(UInt32(truncatingIfNeeded: summary.postingBytes))
      try write(writer.bytes, summary)
    }
    try write([UInt8](repeating: 0, count: 8), summary)
    try flush(summary)
    summary.postingChecksum = postingChecksum
    let tables = tables(directory)
    summary.tableChecksum = Checksum.crc32c(tables[...])
    try file.write(tables, at: RunSummary.tables)
    try file.write(summary.encoded, at: HeaderPage.byteCount)
  }

  private mutating func write(_ bytes: [UInt8], _ summary: RunSummary) throws(HarkError) {
    buffer += bytes
    if buffer.count >= Self.bufferSize { try flush(summary) }
  }

  private mutating func flush(_ summary: RunSummary) throws(HarkError) {
    try file.write(buffer, at: summary.postings + written)
    postingChecksum = buffer.withUnsafeBytes { Checksum.crc32c($0, from: postingChecksum) }
    written += buffer.count
    buffer.removeAll(keepingCapacity: true)
  }

  private func tables(_ directory: [UInt32]) -> [UInt8] {
    var tables: [UInt8] = []
    func append(_ value: some FixedWidthInteger) {
      withUnsafeBytes(of: value.littleEndian) { tables.append(contentsOf: $0) }
    }
    for recording in recordings {
      append(recording.key.rawValue)
      append(recording.first)
      append(recording.frames)
      append(recording.length)
      append(recording.checksum)
    }
    for offset in directory { append(offset) }
    return tables
  }
}

/// A part that is read into another run, in order of key.
private struct RunInput {
  private var run: Run.Cursor?
  private var tail: Tail.Cursor?
  private var found: [UInt32] = []
  /// Each recording's first frame, and that of none.
  private let firsts: [UInt32]

  init(_ part: Part) {
    switch part.source {
    case .run(let source): run = Run.Cursor(source)
    case .tail(let source): tail = Tail.Cursor(source)
    }
    firsts = (0..<part.recordingCount).map { part.recording($0).first } + [.max]
  }

  /// Appends a key's frames, moved to where their recordings lie now.
  mutating func append(_ key: UInt32, _ moves: [Int64?], to list: inout [UInt32]) {
    found.removeAll(keepingCapacity: true)
    run?.read(key, base: 0, into: &found)
    tail?.read(key, base: 0, into: &found)
    guard !found.isEmpty else { return }
    var slot = 0
    for frame in found {
      // Frames come in order: each is looked for behind the one before, by halves.
      if firsts[slot + 1] <= frame {
        var (low, high) = (slot + 1, moves.count)
        while high - low > 1 {
          let middle = (low + high) / 2
          if firsts[middle] <= frame { low = middle } else { high = middle }
        }
        slot = low
      }
      if let move = moves[slot] { list.append(UInt32(truncatingIfNeeded: Int64(frame) + move)) }
    }
  }
}
