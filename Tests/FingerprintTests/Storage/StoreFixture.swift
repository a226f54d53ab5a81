import Core
import Foundation
import MappedFiles
import SystemPackage
import TestSupport

@testable import Fingerprint

/// A store in a directory of its own, with what a catalogue would hold.
final class StoreFixture {
  let directory: TemporaryDirectory
  let parameters = FingerprintParameters()
  let landmarksPerRun: Int
  var store: LandmarkStore
  var committed: RecordingTable<LandmarkRange> = [:]
  var generation = 1
  /// What was appended, for the oracle.
  var constellations: [RecordingKey: Constellation] = [:]

  var path: FilePath { FilePath(directory.path) }

  init(landmarksPerRun: Int = 2_000, fileSystem: FileSystem = .system) throws {
    directory = try TemporaryDirectory()
    self.landmarksPerRun = landmarksPerRun
    store = try LandmarkStore(
      directory: FilePath(directory.path), parameters: parameters, committed: [:], generation: 1,
      fileSystem: fileSystem, landmarksPerRun: landmarksPerRun)
  }

  func add(_ keys: [Int64], _ random: inout SplitMix64) throws {
    let entries = keys.map { key in
      LandmarkStore.Entry(
        recording: RecordingKey(key), constellation: random.constellation(seconds: 8))
    }
    let ranges = try store.append(entries)
    for (entry, range) in zip(entries, ranges) {
      committed[entry.recording] = range
      constellations[entry.recording] = entry.constellation
    }
    try store.publish(Array(zip(entries, ranges)))
  }

  func remove(_ keys: [Int64]) {
    for key in keys.map(RecordingKey.init) {
      committed[key] = nil
      constellations[key] = nil
    }
    store.remove(keys.map(RecordingKey.init))
  }

  /// A new store over the same files, as after a restart.
  func reopen(fileSystem: FileSystem = .system) throws {
    store = try LandmarkStore(
      directory: path, parameters: parameters, committed: committed, generation: generation,
      fileSystem: fileSystem, landmarksPerRun: landmarksPerRun)
  }

  func check() -> [LandmarkProblem] {
    LandmarkStore.check(
      directory: path, parameters: parameters, committed: committed, generation: generation)
  }

  var files: [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: directory.path)) ?? []).sorted()
  }

  var runs: [String] { files.filter { $0.contains("-run-") } }

  /// Every landmark by the definition alone.
  var oracle: [UInt32: Set<Occurrence>] {
    var all: [UInt32: Set<Occurrence>] = [:]
    for (key, constellation) in constellations {
      Landmark.ofRecording(constellation.grids[0], parameters) {
        all[$0.key, default: []].insert(Occurrence(recording: key, frame: $0.frame))
      }
    }
    return all
  }

  /// Every landmark that queries see.
  func seen() throws -> [UInt32: Set<Occurrence>] {
    let index = try store.snapshot()
    var all: [UInt32: Set<Occurrence>] = [:]
    index.forEachKey { key, postings in
      all[key] = Set(
        postings.compactMap { posting in
          index.key(of: posting.recording).map {
            Occurrence(recording: $0, frame: posting.frame)
          }
        })
    }
    return all
  }
}

struct Occurrence: Hashable {
  var recording: RecordingKey
  var frame: Int32
}

extension SplitMix64 {
  /// Random peaks in order of time, of few bins: so that keys occur often.
  mutating func constellation(seconds: Double) -> Constellation {
    let frames = Int(seconds * 62.5)
    var peaks: [Peak] = []
    var time = Int32(next() % 8)
    while time < Int32(frames) * 8 {
      peaks.append(
        Peak(
          time: time, frequency: Int32(64 + next() % 160), rank: Int32(next() % 32)))
      time += Int32(next() % 33)
    }
    return Constellation(
      grids: [peaks], samples: frames * 256, frames: frames, soundingFrames: frames)
  }
}
