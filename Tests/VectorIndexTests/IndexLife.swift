import Core
import Foundation
import MappedFiles
import SystemPackage
import TestSupport
import Testing

@testable import VectorIndex

/// What a daemon does with an index, step by step, with what its catalogue would hold.
struct IndexLife {
  enum Step: Hashable, Sendable {
    case open
    case add(Int64)
    /// Rows that no transaction ever refers to.
    case lose(Int64)
    case remove(Int64)
    case compact
  }

  /// Every kind of step, in every order that matters.
  static let steps: [Step] = [
    .open, .add(1), .lose(9), .open, .add(2), .add(3), .remove(2), .compact, .add(4), .add(5),
    .remove(1), .compact, .open, .add(6),
  ]

  /// What a catalogue holds, and what the index must hold then.
  struct Committed {
    var stored: [RecordingKey: StoredRows] = [:]
    var pooled: [RecordingKey: [Float]] = [:]
    var segments: [RecordingKey: SegmentCodes] = [:]
    var generation = 1
  }

  let directory: FilePath
  let fileSystem: FileSystem
  var recorder: RecordingFileSystem?
  var index: ModelIndex?
  private(set) var committed = Committed()
  /// What was committed after so many transactions.
  private(set) var history = [Committed()]

  init(_ directory: TemporaryDirectory, _ fileSystem: FileSystem) {
    self.directory = FilePath(directory.path)
    self.fileSystem = fileSystem
  }

  private mutating func commit(_ change: (inout Committed) -> Void) {
    change(&committed)
    history.append(committed)
    recorder?.commit()
  }

  /// Takes one step. When it throws, it can be taken again.
  mutating func take(_ step: Step) throws {
    if step == .open {
      index = try committed.open(directory, fileSystem)
      return
    }
    let index = try #require(index)
    switch step {
    case .open: break
    case .add(let number):
      let (key, values, segments) = Self.recording(number)
      let rows = try index.append(pooled: known(Embedding(values)), segments: segments)
      try index.synchronise()
      commit {
        $0.stored[key] = StoredRows(key: key, pooled: rows.pooled, segments: rows.segments)
        $0.pooled[key] = values
        $0.segments[key] = segments
      }
      try index.publish(key: key, rows: rows)
    case .lose(let number):
      let (_, values, segments) = Self.recording(number)
      _ = try index.append(pooled: known(Embedding(values)), segments: segments)
    case .remove(let number):
      let key = RecordingKey(number)
      commit {
        $0.stored[key] = nil
        $0.pooled[key] = nil
        $0.segments[key] = nil
      }
      index.remove(key: key)
    case .compact:
      let compacted = try index.compact()
      commit {
        $0.stored = Dictionary(uniqueKeysWithValues: compacted.rows.map { ($0.key, $0) })
        $0.generation = compacted.generation
      }
      try index.adopt(compacted)
    }
  }

  private static func recording(_ number: Int64) -> (RecordingKey, [Float], SegmentCodes) {
    var random = SplitMix64(seed: UInt64(number))
    return (RecordingKey(number), random.unitVector(), random.segments(3))
  }

  /// What the daemon does after anything failed: the same files, in the same process.
  mutating func reopenInPlace() throws {
    index = try index?.reopened(
      rows: Array(committed.stored.values), generation: committed.generation)
  }
}

extension IndexLife.Committed {
  /// Opens the index as a start does.
  func open(_ directory: FilePath, _ fileSystem: FileSystem) throws -> ModelIndex {
    let generation = IndexGeneration(model: IndexFixture.model, generation: generation)
    for path in try IndexFiles.orphaned(in: directory, known: [generation]) {
      try FileManager.default.removeItem(atPath: path.string)
    }
    let index = try ModelIndex(
      directory: directory, model: IndexFixture.model, rows: Array(stored.values),
      generation: self.generation, fileSystem: fileSystem, kernels: .best, rowsWithoutSketch: 1)
    index.sketchRows()
    return index
  }

  func problems(_ directory: FilePath) -> [IndexProblem] {
    ModelIndex.check(
      directory: directory, model: IndexFixture.model, rows: Array(stored.values),
      generation: generation)
  }

  /// Whether an index holds and finds this, and nothing else.
  func isWhole(_ index: ModelIndex) throws -> Bool {
    guard index.count == stored.count, index.verify().isEmpty else { return false }
    for key in stored.keys {
      guard try index.pooled(of: key)?.values == pooled[key],
        try index.segments(of: key) == segments[key]
      else { return false }
    }
    var random = SplitMix64(seed: 77)
    let query = random.unitVector()
    let found = try index.similar(to: known(Embedding(query)), k: 10)
    let moments = try index.similarMoments(to: known(Embedding(query)), k: 10)
    return found.map(\.recording) == BruteForce.similar(query, pooled).map(\.recording)
      && moments.map(\.recording) == BruteForce.similarMoments(query, segments).map(\.recording)
  }
}
