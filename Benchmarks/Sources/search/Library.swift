import Core
import Foundation
import SystemPackage
import VectorIndex

/// The vectors of a folder and an index of them, kept beside them and opened again by the next run.
///
/// Recording n + 1 has vector n. With segments, the first recordings have 250 each: segment s of all is vector
/// s of the folder, counted round and round, its values moved along by one each time.
struct Library {
  let index: ModelIndex
  private let vectors: Data
  private let queries: Data
  private static let bytesPerVector = Embedding.dimension * MemoryLayout<Float>.size

  private static let model = ModelID(
    { () -> ContentHash in
      guard let hash = ContentHash(bytes: [UInt8](repeating: 7, count: 32)) else { fatalError() }
      return hash
    }())

  private static let segmentsPerRecording = 250

  /// What a run that finds the index needs to know of a recording.
  private struct Row {
    var pooledChecksum: UInt32
    var segments: UInt32
    var segmentsChecksum: UInt32
  }

  init(folder: URL, segments: Int) throws {
    vectors = try Data(contentsOf: folder.appending(path: "vectors.f32"), options: .alwaysMapped)
    queries = try Data(contentsOf: folder.appending(path: "queries.f32"))
    let directory = folder.appending(path: segments > 0 ? "index-\(segments)" : "index")
    let table = directory.appending(path: "committed")
    if !FileManager.default.fileExists(atPath: table.path) {
      try? FileManager.default.removeItem(at: directory)
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
      try Self.make(vectors, segments: segments, in: directory, table: table)
    }
    let clock = ContinuousClock()
    let begin = clock.now
    let stored = try Data(contentsOf: table).withUnsafeBytes { Array($0.bindMemory(to: Row.self)) }
    var firstSegment = 0
    let rows = stored.enumerated().map { number, row in
      defer { firstSegment += Int(row.segments) }
      return StoredRows(
        key: RecordingKey(Int64(number + 1)),
        pooled: RowRange(generation: 1, first: number, count: 1, checksum: row.pooledChecksum),
        segments: RowRange(
          generation: 1, first: firstSegment, count: Int(row.segments),
          checksum: row.segmentsChecksum))
    }
    index = try ModelIndex.open(
      directory: FilePath(directory.path), model: Self.model, rows: rows, generation: 1)
    let opened = clock.now
    index.sketchRows()
    log(
      "\(index.count) recordings opened in \(opened - begin), sketches in \(clock.now - opened)")
  }

  private static func make(
    _ vectors: Data, segments: Int, in directory: URL, table: URL
  ) throws {
    let index = try ModelIndex.open(
      directory: FilePath(directory.path), model: model, rows: [], generation: 1)
    let count = vectors.count / bytesPerVector
    var stored: [Row] = []
    var made = 0
    while segments > 0 ? made < segments : stored.count < count {
      var codes = SegmentCodes()
      for segment in made..<min(segments, made + segmentsPerRecording) {
        let values = vector(segment % count, of: vectors).values
        let turn = segment / count % values.count
        (values[turn...] + values[..<turn]).withUnsafeBufferPointer {
          codes.append(quantising: $0)
        }
      }
      made += codes.count
      let rows = try index.append(
        pooled: vector(stored.count % count, of: vectors), segments: codes)
      stored.append(
        Row(
          pooledChecksum: rows.pooled.checksum, segments: UInt32(codes.count),
          segmentsChecksum: rows.segments.checksum))
    }
    try index.synchronise()
    try stored.withUnsafeBytes { Data($0) }.write(to: table)
  }

  private static func vector(_ row: Int, of data: Data) -> Embedding {
    let bytes = data.subdata(in: row * bytesPerVector..<(row + 1) * bytesPerVector)
    let values = bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    guard let embedding = Embedding(values) else { fatalError("vector \(row)") }
    return embedding
  }

  func query(_ number: Int) -> Embedding { Self.vector(number, of: queries) }

  /// That part of the recordings: spread evenly, or where it is negative that part side by side, from a
  /// third of the way on.
  func recordings(share: Double) -> RecordingKeys {
    let count = Int(Double(index.count) * abs(share))
    return RecordingKeys(
      (0..<count).lazy.map {
        RecordingKey(
          share < 0 ? Int64(index.count / 3 + $0 + 1) : Int64(Double($0) / share) + 1)
      })
  }
}

func log(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
