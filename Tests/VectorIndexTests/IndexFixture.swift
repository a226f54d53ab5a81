import Core
import Foundation
import MappedFiles
import SystemPackage
import TestSupport

@testable import VectorIndex

/// An index in a directory of its own, with what was put into it.
final class IndexFixture {
  let directory: TemporaryDirectory
  let model: ModelID
  let kernels: Kernels
  var index: ModelIndex
  /// What a catalogue would hold.
  var stored: [RecordingKey: StoredRows] = [:]
  /// What was appended, for brute force.
  var pooled: [RecordingKey: [Float]] = [:]
  var segments: [RecordingKey: SegmentCodes] = [:]

  static let model = modelID(1)

  static func modelID(_ byte: UInt8) -> ModelID {
    ModelID(known(ContentHash(bytes: [UInt8](repeating: byte, count: 32))))
  }

  var path: FilePath { FilePath(directory.path) }

  init(
    kernels: Kernels = .best, fileSystem: FileSystem = .system, mapAhead: Int = Mapping.ahead,
    rowsWithoutSketch: Int = 2_048
  ) throws {
    directory = try TemporaryDirectory()
    model = Self.model
    self.kernels = kernels
    index = try ModelIndex(
      directory: FilePath(directory.path), model: model, rows: [], generation: 1,
      fileSystem: fileSystem, kernels: kernels, mapAhead: mapAhead,
      rowsWithoutSketch: rowsWithoutSketch)
  }

  /// Appends, synchronises, "commits" and publishes.
  func add(_ key: Int64, pooled values: [Float], segments: SegmentCodes = SegmentCodes()) throws {
    let rows = try index.append(pooled: known(Embedding(values)), segments: segments)
    try index.synchronise()
    let key = RecordingKey(key)
    stored[key] = StoredRows(key: key, pooled: rows.pooled, segments: rows.segments)
    pooled[key] = values
    self.segments[key] = segments
    try index.publish(key: key, rows: rows)
  }

  func remove(_ key: Int64) {
    let key = RecordingKey(key)
    stored[key] = nil
    pooled[key] = nil
    segments[key] = nil
    index.remove(key: key)
  }

  /// A new index over the same files, as after a restart.
  func reopen(
    fileSystem: FileSystem = .system, generation: Int = 1, rowsWithoutSketch: Int = 2_048
  ) throws {
    index = try ModelIndex(
      directory: path, model: model, rows: Array(stored.values), generation: generation,
      fileSystem: fileSystem, kernels: kernels, rowsWithoutSketch: rowsWithoutSketch)
  }

  func file(_ kind: RowKind, generation: Int = 1) -> URL {
    directory(IndexHeader(kind: kind, model: model, generation: generation).fileName)
  }
}

/// What a fixture knows to be there.
func known<T>(_ value: T?) -> T {
  guard let value else { preconditionFailure("a fixture's own value is missing") }
  return value
}

/// Vectors and segments from a seed.
extension SplitMix64 {
  mutating func unitVector() -> [Float] {
    known(Embedding(normalising: vector(Embedding.dimension))).values
  }

  mutating func segments(_ count: Int) -> SegmentCodes {
    var codes = SegmentCodes()
    for _ in 0..<count {
      vector(Embedding.dimension).withUnsafeBufferPointer { codes.append(quantising: $0) }
    }
    return codes
  }
}

/// Answers by the definition alone: double precision, every recording.
enum BruteForce {
  static func cosine(_ a: [Double], _ b: [Double]) -> Double {
    var (dot, aa, bb) = (0.0, 0.0, 0.0)
    a.withUnsafeBufferPointer { a in
      b.withUnsafeBufferPointer { b in
        var i = 0
        // The tests are built without optimisation: a plain loop is what they can afford.
        while i < a.count {
          dot += a[i] * b[i]
          aa += a[i] * a[i]
          bb += b[i] * b[i]
          i += 1
        }
      }
    }
    return aa > 0 && bb > 0 ? dot / (aa * bb).squareRoot() : 0
  }

  /// All recordings, best first.
  static func similar(_ query: [Float], _ pooled: [RecordingKey: [Float]]) -> [Hit] {
    let query = query.map(Double.init)
    return ordered(
      pooled.map { Hit(recording: $0, score: cosine(query, $1.map(Double.init))) })
  }

  /// All recordings that have segments, best first.
  static func similarMoments(
    _ query: [Float], _ segments: [RecordingKey: SegmentCodes]
  ) -> [Hit] {
    let query = query.map(Double.init)
    var hits: [Hit] = []
    for (key, codes) in segments where codes.count > 0 {
      var best = (score: -Double.infinity, segment: 0)
      for segment in 0..<codes.count {
        let row = codes.codes[segment * 128..<(segment + 1) * 128].map { Double($0) }
        let score = cosine(query, row)
        // Rounding of another order of summation must not pick a later equal.
        if score > best.score + 1e-13 { best = (score, segment) }
      }
      let from = SegmentCodes.start(of: best.segment)
      hits.append(
        Hit(
          recording: key, score: best.score,
          range: try? TimeRange(from: from, to: from + SegmentCodes.length)))
    }
    return ordered(hits)
  }

  private static func ordered(_ hits: [Hit]) -> [Hit] {
    hits.sorted { $0.score != $1.score ? $0.score > $1.score : $0.recording < $1.recording }
  }
}
