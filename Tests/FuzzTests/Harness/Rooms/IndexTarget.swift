import Core
import SystemPackage
import TestSupport

@testable import MappedFiles
@testable import VectorIndex

/// Index files that others changed, and a catalogue that refers to them: opened, asked, checked.
///
/// The first byte: 1 makes the headers' checksums right, 2 the rows', 4 the sketches'. Then changes
/// (``Patch``) to recordings, segments, sketches, and what the catalogue refers to.
struct IndexTarget: FuzzTarget {
  static let name = "index"

  private static let rows = 40
  private static let model = ModelID(hash(7))

  /// No change, and one to each file, with each choice of checksums.
  static func seeds() throws -> [[UInt8]] {
    (0..<16).flatMap { (flags: UInt8) -> [[UInt8]] in
      [[flags]] + (0..<4).map { [flags, $0, 97 &* flags, 16, 0, 0, 4, 1, 2, 3, 4] }
    }
  }

  private let scratch: Scratch
  private let names: [String]
  private let files: [[UInt8]]
  private let stored: [StoredRows]
  private let query: Embedding

  private static func hash(_ byte: UInt8) -> ContentHash {
    guard let hash = ContentHash(bytes: [UInt8](repeating: byte, count: 32)) else {
      broken("32 bytes are a hash")
    }
    return hash
  }

  init() throws {
    scratch = try Scratch()
    var random = SplitMix64(seed: 11)
    let index = try Self.open(scratch.directory, [])
    var stored: [StoredRows] = []
    var pooled: [Embedding] = []
    for key in 1...Int64(Self.rows) {
      guard let embedding = Embedding(normalising: random.vector(128)) else { continue }
      var segments = SegmentCodes()
      for _ in 0..<key % 4 {
        random.vector(128).withUnsafeBufferPointer { segments.append(quantising: $0) }
      }
      let rows = try index.append(pooled: embedding, segments: segments)
      let key = RecordingKey(key)
      try index.publish(key: key, rows: rows)
      stored.append(StoredRows(key: key, pooled: rows.pooled, segments: rows.segments))
      pooled.append(embedding)
    }
    _ = try index.similar(to: pooled[0], k: 3)
    index.sketchRows()
    let present = scratch.names
    names = RowKind.allCases.map {
      IndexHeader(kind: $0, model: Self.model, generation: 1).fileName
    }.filter(present.contains)
    guard names.count > 2 else { broken("rows have sketches: \(names)") }
    files = names.map(scratch.read)
    self.stored = stored
    query = pooled[0]
  }

  private static func open(_ path: FilePath, _ rows: [StoredRows]) throws(HarkError) -> ModelIndex {
    try ModelIndex(
      directory: path, model: model, rows: rows, generation: 1, fileSystem: .system,
      kernels: Kernels.best, mapAhead: 4096, rowsWithoutSketch: 0)
  }

  func take(_ input: [UInt8]) {
    var reader = InputReader(input)
    let flags = reader.byte()
    var (files, stored) = (files, stored)
    while !reader.isAtEnd {
      let patch = Patch(&reader, files: files.count)
      if patch.file < files.count {
        patch.apply(to: &files[patch.file])
      } else {
        Self.apply(patch, to: &stored[patch.offset % stored.count])
      }
    }
    if flags & 1 != 0 { for i in files.indices { Self.mendHeader(&files[i]) } }
    if flags & 2 != 0 { Self.mendRows(&stored, files) }
    if flags & 4 != 0, files[2].count == self.files[2].count {
      Self.mendSketches(&files[2], stored)
    }
    for (name, bytes) in zip(names, files) { scratch.write(bytes, name) }
    ask(stored, isSame: flags & 2 == 0 && stored == self.stored)
  }

  /// Changes what the catalogue says of a recording: the first byte says what, the next eight to what.
  private static func apply(_ patch: Patch, to row: inout StoredRows) {
    var reader = InputReader(patch.bytes)
    let what = reader.byte()
    let number = Int(truncatingIfNeeded: UInt64(reader.long()) | UInt64(reader.long()) << 32)
    switch what % 8 {
    case 0: row.key = RecordingKey(Int64(number))
    case 1: row.pooled.first = number
    case 2: row.pooled.count = number
    case 3: row.segments.first = number
    case 4: row.segments.count = number
    case 5: row.pooled.generation = number
    case 6: row.segments.first += number % 8
    default: row.segments.count += number % 4
    }
  }

  private func ask(_ rows: [StoredRows], isSame: Bool) {
    _ = ModelIndex.check(
      directory: scratch.directory, model: Self.model, rows: rows, generation: 1)
    do {
      let index = try Self.open(scratch.directory, rows)
      let hits = try index.similar(to: query, k: 5)
      for hit in hits where hit.score.isNaN { broken("a score is a number") }
      // What is the first recording's own embedding finds it, or finds it damaged. Where it is damaged
      // so far that it no longer comes near, a check of everything tells.
      if isSame, !hits.contains(where: { $0.recording == RecordingKey(1) && $0.score > 0.999 }),
        !index.takeDamaged().contains(RecordingKey(1)), hits.count == 5,
        !index.verify().contains(where: { $0.recording == RecordingKey(1) })
      {
        broken("a recording is found or known to be damaged")
      }
      _ = try index.similarMoments(to: query, k: 5)
      for row in rows.prefix(4) {
        _ = try? index.pooled(of: row.key)
        _ = try? index.segments(of: row.key)?.mean(in: TimeRange(from: 0, to: 2))
      }
      _ = index.verify()
      _ = index.waste
    } catch {}
  }
}
