import Core
import Foundation
import SystemPackage
import VectorIndex

/// The vectors of a folder and an index of them, kept beside them and opened again by the next run.
///
/// Recording n + 1 has vector n, and as many segments as `segments` has codes for it.
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

  init(folder: URL) throws {
    vectors = try Data(contentsOf: folder.appending(path: "vectors.f32"), options: .alwaysMapped)
    queries = try Data(contentsOf: folder.appending(path: "queries.f32"))
    let directory = folder.appending(path: "index")
    let table = directory.appending(path: "committed")
    if !FileManager.default.fileExists(atPath: table.path) {
      try? FileManager.default.removeItem(at: directory)
      try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
      try Self.make(vectors, in: directory, table: table)
    }
    let clock = ContinuousClock()
    let begin = clock.now
    let checksums = try Data(contentsOf: table)
    let rows = (0..<checksums.count / 4).map { row in
      let checksum = checksums.withUnsafeBytes {
        $0.loadUnaligned(fromByteOffset: row * 4, as: UInt32.self)
      }
      return StoredRows(
        key: RecordingKey(Int64(row + 1)),
        pooled: RowRange(generation: 1, first: row, count: 1, checksum: checksum),
        segments: RowRange(generation: 1, first: 0, count: 0, checksum: 0))
    }
    index = try ModelIndex.open(
      directory: FilePath(directory.path), model: Self.model, rows: rows, generation: 1)
    let opened = clock.now
    index.sketchRows()
    log(
      "\(index.count) recordings opened in \(opened - begin), sketches in \(clock.now - opened)")
  }

  private static func make(_ vectors: Data, in directory: URL, table: URL) throws {
    let index = try ModelIndex.open(
      directory: FilePath(directory.path), model: model, rows: [], generation: 1)
    var checksums = Data()
    for row in 0..<vectors.count / bytesPerVector {
      let rows = try index.append(pooled: vector(row, of: vectors), segments: SegmentCodes())
      withUnsafeBytes(of: rows.pooled.checksum) { checksums.append(contentsOf: $0) }
    }
    try index.synchronise()
    try checksums.write(to: table)
  }

  private static func vector(_ row: Int, of data: Data) -> Embedding {
    let bytes = data.subdata(in: row * bytesPerVector..<(row + 1) * bytesPerVector)
    let values = bytes.withUnsafeBytes { Array($0.bindMemory(to: Float.self)) }
    guard let embedding = Embedding(values) else { fatalError("vector \(row)") }
    return embedding
  }

  func query(_ number: Int) -> Embedding { Self.vector(number, of: queries) }

  /// That part of the recordings, spread evenly.
  func recordings(share: Double) -> Set<RecordingKey> {
    let count = Int(Double(index.count) * share)
    return Set((0..<count).map { RecordingKey(Int64(Double($0) / share) + 1) })
  }
}

func log(_ text: String) { FileHandle.standardError.write(Data((text + "\n").utf8)) }
