import Core
import MappedFiles
import SystemPackage

/// An immutable sorted run, memory-mapped. Nothing of it is in memory but what was read last.
final class Run: Sendable {
  let number: Int
  let file: DataFile
  private let mapping: Mapping
  private let summary: RunSummary

  var recordingCount: Int { summary.recordings }
  var landmarks: Int { summary.landmarks }
  /// Frames on the line.
  var frames: Int { summary.frames }
  var keysInUse: Int { summary.keysInUse }
  var byteCount: Int { summary.byteCount }

  /// Opens a run and checks all of it but the postings. Throws `corrupt` or `newerVersion`, and what
  /// the system says. Complexity: O(recordings).
  init(
    _ number: Int, in directory: FilePath, _ parameters: FingerprintParameters,
    fileSystem: FileSystem
  ) throws(HarkError) {
    let path = directory.appending(LandmarkFile.run(number: number).name(parameters))
    let file = try DataFile.open(
      path, header: LandmarkFile.run(number: number).header(parameters), remedy: Self.remedy,
      fileSystem: fileSystem)
    guard let file else {
      throw HarkError(.corrupt, "the index file \(path.escaped) is missing", remedy: Self.remedy)
    }
    let bytes = try file.read(at: HeaderPage.byteCount, count: RunSummary.byteCount)
    guard let summary = RunSummary(bytes) else { throw Self.damaged(path, "its summary") }
    try file.check(holds: summary.byteCount, for: "its landmarks", remedy: Self.remedy)
    mapping = try Mapping(file, byteCount: summary.byteCount, ahead: 4096)
    let tables = UnsafeRawBufferPointer(
      start: mapping.base + RunSummary.tables, count: summary.tableBytes)
    guard Checksum.crc32c(tables) == summary.tableChecksum else {
      throw Self.damaged(path, "its tables")
    }
    self.number = number
    self.file = file
    self.summary = summary
    guard hasRecordingsInOrder else { throw Self.damaged(path, "its tables") }
  }

  /// Whether its recordings lie one behind the other on its line.
  private var hasRecordingsInOrder: Bool {
    var end = 0
    for slot in 0..<recordingCount {
      let recording = recording(slot)
      guard Int(recording.first) >= end else { return false }
      end = Int(recording.first) + Int(recording.frames)
    }
    return end <= frames
  }

  static let remedy = "it is made anew from the records"

  private static func damaged(_ path: FilePath, _ what: String) -> HarkError {
    HarkError(
      .corrupt, "the index file \(path.escaped) is damaged", remedy: remedy,
      cause: "\(what) do not have their checksum")
  }

  /// Throws `corrupt` if the file was cut short: touching its map would raise SIGBUS.
  func checkLength() throws(HarkError) {
    try file.check(holds: summary.byteCount, for: "its landmarks", remedy: Self.remedy)
  }

  /// Throws `corrupt` if the postings are not what was written. Reads all of them.
  func checkPostings() throws(HarkError) {
    var checksum: UInt32 = 0
    var offset = summary.postings
    while offset < summary.byteCount {
      let bytes = try file.read(at: offset, count: min(1 << 20, summary.byteCount - offset))
      guard !bytes.isEmpty else { break }
      checksum = bytes.withUnsafeBytes { Checksum.crc32c($0, from: checksum) }
      offset += bytes.count
    }
    guard checksum == summary.postingChecksum else {
      throw Self.damaged(file.path, "its postings")
    }
  }

  func recording(_ slot: Int) -> RunRecording {
    let base = mapping.base + RunSummary.tables + slot * RunRecording.byteCount
    func word(_ offset: Int) -> UInt32 {
      UInt32(littleEndian: base.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }
    return RunRecording(
      key: RecordingKey(
        Int64(littleEndian: base.loadUnaligned(fromByteOffset: 0, as: Int64.self))),
      first: word(8), frames: word(12), length: word(16), checksum: word(20))
  }

  func firstFrame(_ slot: Int) -> UInt32 {
    UInt32(
      littleEndian: mapping.base.loadUnaligned(
        fromByteOffset: RunSummary.tables + slot * RunRecording.byteCount + 8, as: UInt32.self))
  }

  /// Whether any key of a block occurs.
  func holds(_ block: Int) -> Bool { self.block(block).count > 0 }

  /// A block's bytes; empty for a directory that makes no sense.
  fileprivate func block(_ number: Int) -> UnsafeRawBufferPointer {
    let entry = mapping.base + summary.directory + number * 4
    let from = Int(UInt32(littleEndian: entry.loadUnaligned(as: UInt32.self)))
    let to = Int(UInt32(littleEndian: entry.loadUnaligned(fromByteOffset: 4, as: UInt32.self)))
    guard from < to, to <= summary.postingBytes else { return .init(start: nil, count: 0) }
    return UnsafeRawBufferPointer(
      start: mapping.base + summary.postings + from, count: to - from)
  }

  /// Reads postings key by key; cheap where keys come in order, since neighbours share a block.
  struct Cursor {
    private let run: Run
    private var block = -1
    private var bytes = UnsafeRawBufferPointer(start: nil, count: 0)
    private var counts = [Int](repeating: 0, count: RunBlock.keys)
    private var bits = [Int](repeating: 0, count: RunBlock.keys)

    init(_ run: Run) { self.run = run }

    /// How often a key occurs.
    @inline(__always)
    mutating func count(_ key: UInt32) -> Int {
      enter(Int(key >> RunBlock.keyBits))
      return counts[Int(key) & (RunBlock.keys - 1)]
    }

    /// Appends the frames at which a key occurs, each moved by `base`.
    @inline(__always)
    mutating func read(_ key: UInt32, base: UInt32, into found: inout [UInt32]) {
      enter(Int(key >> RunBlock.keyBits))
      let i = Int(key) & (RunBlock.keys - 1)
      guard counts[i] > 0, let start = bytes.baseAddress else { return }
      RunBlock.decode(
        start, bit: bits[i], count: counts[i], frames: run.frames, base: base, into: &found)
    }

    private mutating func enter(_ number: Int) {
      guard number != block else { return }
      block = number
      bytes = run.block(number)
      guard bytes.count > 0 else {
        for i in 0..<RunBlock.keys { counts[i] = 0 }
        return
      }
      var reader = BitReader(bytes)
      let width = Int(reader.read(8))
      var bit = 8 + RunBlock.keys * min(width, 32)
      let end = bytes.count * 8
      for i in 0..<RunBlock.keys {
        let count = width <= 32 ? Int(reader.read(width)) : 0
        let length = RunBlock.bits(count, run.frames)
        // Damaged: nothing is read outside the block.
        let isSound = bit + length <= end
        counts[i] = isSound ? count : 0
        bits[i] = bit
        bit += length
      }
    }
  }
}

/// What stands behind a run's header.
struct RunSummary: Hashable, Sendable {
  static let byteCount = 64
  /// Where the tables begin.
  static let tables = HeaderPage.byteCount + byteCount

  var recordings: Int
  var landmarks: Int
  var frames: Int
  var postingBytes: Int
  var keysInUse: Int
  var tableChecksum: UInt32 = 0
  var postingChecksum: UInt32 = 0

  var directory: Int { Self.tables + recordings * RunRecording.byteCount }
  var tableBytes: Int { recordings * RunRecording.byteCount + (RunBlock.blocks + 1) * 4 }
  var postings: Int { Self.tables + tableBytes }
  /// Of the whole file.
  var byteCount: Int { postings + postingBytes + 8 }

  var encoded: [UInt8] {
    var writer = BitWriter()
    for value in [recordings, landmarks, frames, postingBytes, keysInUse] {
      writer.write(UInt32(truncatingIfNeeded: value), 32)
      writer.write(UInt32(truncatingIfNeeded: value >> 32), 32)
    }
    for value in [tableChecksum, postingChecksum, 0, 0, 0] { writer.write(value, 32) }
    writer.write(Checksum.crc32c(writer.bytes[...]), 32)
    return writer.bytes
  }

  init(recordings: Int, landmarks: Int, frames: Int, postingBytes: Int, keysInUse: Int) {
    self.recordings = recordings
    self.landmarks = landmarks
    self.frames = frames
    self.postingBytes = postingBytes
    self.keysInUse = keysInUse
  }

  /// Nil if the bytes are no summary with the right checksum.
  init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.byteCount else { return nil }
    func word(_ offset: Int) -> UInt32 {
      bytes[offset..<offset + 4].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
    func number(_ offset: Int) -> Int { Int(word(offset)) | Int(word(offset + 4)) << 32 }
    guard word(60) == Checksum.crc32c(bytes[..<60]) else { return nil }
    self.init(
      recordings: number(0), landmarks: number(8), frames: number(16), postingBytes: number(24),
      keysInUse: number(32))
    (tableChecksum, postingChecksum) = (word(40), word(44))
    // So that offsets cannot overflow; a run's own limits are narrower.
    guard (0...1 << 31).contains(recordings), (0...Int(UInt32.max)).contains(frames),
      (0...Int(UInt32.max)).contains(postingBytes), (0...postingBytes * 8).contains(landmarks),
      (0...Landmark.keys).contains(keysInUse)
    else { return nil }
  }
}
