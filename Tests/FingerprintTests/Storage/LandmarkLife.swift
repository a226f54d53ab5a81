import Core
import Foundation
import MappedFiles
import SystemPackage
import TestSupport
import Testing

@testable import Fingerprint

/// What a daemon does with a store of landmarks, step by step, with what its catalogue would hold.
struct LandmarkLife {
  enum Step: Hashable, Sendable {
    case open
    case add(Int64)
    /// A record that no transaction ever refers to.
    case lose(Int64)
    case remove(Int64)
    case maintain
    case compact
  }

  static let steps: [Step] = [
    .open, .add(1), .lose(9), .open, .add(2), .maintain, .add(3), .remove(1), .maintain, .compact,
    .open, .add(4), .maintain,
  ]

  /// What a catalogue holds, and what the store must hold then.
  struct Committed {
    var ranges: RecordingTable<LandmarkRange> = [:]
    var constellations: [RecordingKey: Constellation] = [:]
    var generation = 1
  }

  static let parameters = FingerprintParameters()
  let directory: FilePath
  let fileSystem: FileSystem
  var recorder: RecordingFileSystem?
  var store: LandmarkStore?
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
      store = try committed.open(directory, fileSystem)
      return
    }
    let store = try #require(store)
    switch step {
    case .open: break
    case .add(let number):
      let entry = Self.entry(number)
      let range = try #require(try store.append([entry]).first)
      commit {
        $0.ranges[entry.recording] = range
        $0.constellations[entry.recording] = entry.constellation
      }
      try store.publish([(entry, range)])
    case .lose(let number): _ = try store.append([Self.entry(number)])
    case .remove(let number):
      let key = RecordingKey(number)
      commit {
        $0.ranges[key] = nil
        $0.constellations[key] = nil
      }
      store.remove([key])
    case .maintain: try store.maintain()
    case .compact:
      let compacted = try store.compact()
      commit {
        $0.ranges = compacted.ranges
        $0.generation = compacted.generation
      }
      try store.adopt(compacted)
    }
  }

  private static func entry(_ number: Int64) -> LandmarkStore.Entry {
    var random = SplitMix64(seed: UInt64(number))
    return LandmarkStore.Entry(
      recording: RecordingKey(number), constellation: random.constellation(seconds: 2))
  }
}

extension LandmarkLife.Committed {
  private static let parameters = LandmarkLife.parameters

  /// Opens the store as a start does.
  func open(_ directory: FilePath, _ fileSystem: FileSystem) throws -> LandmarkStore {
    let leftovers = try LandmarkStore.leftovers(
      in: directory, parameters: Self.parameters, generation: generation)
    for path in leftovers { try FileManager.default.removeItem(atPath: path.string) }
    return try LandmarkStore(
      directory: directory, parameters: Self.parameters, committed: ranges, generation: generation,
      fileSystem: fileSystem, landmarksPerRun: 100)
  }

  func problems(_ directory: FilePath) -> [LandmarkProblem] {
    LandmarkStore.check(
      directory: directory, parameters: Self.parameters, committed: ranges, generation: generation)
  }

  /// Whether a store holds this, and nothing else.
  func isWhole(_ store: LandmarkStore) throws -> Bool {
    guard store.count == ranges.count else { return false }
    for (key, constellation) in constellations {
      guard
        try store.constellation(of: key)?.grids == constellation.stored(Self.parameters).grids
      else { return false }
    }
    return true
  }

  /// Whether queries see the landmarks of this, and no others.
  func isSeen(by store: LandmarkStore) throws -> Bool {
    var expected: [UInt32: Set<Occurrence>] = [:]
    for (key, constellation) in constellations {
      Landmark.ofRecording(constellation.grids[0], Self.parameters) {
        expected[$0.key, default: []].insert(Occurrence(recording: key, frame: $0.frame))
      }
    }
    let index = try store.snapshot()
    var seen: [UInt32: Set<Occurrence>] = [:]
    index.forEachKey { key, postings in
      seen[key] = Set(
        postings.compactMap { posting in
          index.key(of: posting.recording).map {
            Occurrence(recording: $0, frame: posting.frame)
          }
        })
    }
    return seen == expected
  }
}
