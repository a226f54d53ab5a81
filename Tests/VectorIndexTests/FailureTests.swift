import Core
import MappedFiles
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import VectorIndex

/// The n-th system call that changes the disk fails, for every n that a small run reaches: what was
/// committed survives, and what was not does no harm.
@Suite struct FailureTests {
  /// Counts calls that change the disk and makes one fail.
  final class Saboteur: Sendable {
    enum Manner: Int32, CaseIterable, Sendable {
      case noSpace = 28
      case badDisk = 5
      /// A signal arrives: the call is to be made again.
      case interrupted = 4
      /// Half of the bytes are written; every later write fails.
      case shortWrite = 0
    }

    private let state: Mutex<(calls: Int, isShort: Bool)> = Mutex((0, false))
    private let target: Int
    private let manner: Manner

    init(failing target: Int, _ manner: Manner) {
      self.target = target
      self.manner = manner
    }

    var calls: Int { state.withLock { $0.calls } }

    private func isHit() -> Bool {
      state.withLock {
        $0.calls += 1
        return $0.calls == target
      }
    }

    private func failure() -> Int { manner == .shortWrite ? -5 : -Int(manner.rawValue) }

    var fileSystem: FileSystem {
      let system = FileSystem.system
      var fileSystem = system
      fileSystem.write = { [self] file, bytes, offset in
        if state.withLock({ $0.isShort }) {
          state.withLock { $0.isShort = false }
          return -28
        }
        guard isHit() else { return system.write(file, bytes, offset) }
        guard manner == .shortWrite else { return failure() }
        state.withLock { $0.isShort = true }
        return system.write(
          file, UnsafeRawBufferPointer(rebasing: bytes[..<(bytes.count / 2)]), offset)
      }
      fileSystem.synchronise = { [self] in isHit() ? failure() : system.synchronise($0) }
      fileSystem.truncate = { [self] in isHit() ? failure() : system.truncate($0, $1) }
      fileSystem.rename = { [self] in isHit() ? failure() : system.rename($0, $1) }
      fileSystem.unlink = { [self] in isHit() ? failure() : system.unlink($0) }
      return fileSystem
    }
  }

  /// One life of an index: open over garbage, append, commit, publish, remove, compact, adopt.
  /// Returns what a catalogue would hold at the end, whether or not anything failed on the way.
  struct Life {
    var stored: [RecordingKey: StoredRows] = [:]
    var generation = 1
    var failures = 0

    mutating func run(in directory: FilePath, _ fileSystem: FileSystem, seed: UInt64) {
      var random = SplitMix64(seed: seed)
      let (rows, generation) = (Array(stored.values), generation)
      guard
        let index = attempt({
          try ModelIndex(
            directory: directory, model: IndexFixture.model, rows: rows,
            generation: generation, fileSystem: fileSystem, kernels: .best)
        })
      else { return }
      for key in Int64(1)...4 {
        let key = RecordingKey(key)
        let embedding = known(Embedding(random.unitVector()))
        let segments = random.segments(3)
        let before = attempt { try index.append(pooled: embedding, segments: segments) }
        // A failed append changes nothing: the same again goes to the same place.
        guard
          let rows = before ?? attempt({ try index.append(pooled: embedding, segments: segments) }),
          attempt({ try index.synchronise() }) != nil
        else { continue }
        stored[key] = StoredRows(key: key, pooled: rows.pooled, segments: rows.segments)
        attempt { try index.publish(key: key, rows: rows) }
      }
      stored[RecordingKey(2)] = nil
      index.remove(key: RecordingKey(2))
      if let compacted = attempt({ try index.compact() }) {
        stored = Dictionary(uniqueKeysWithValues: compacted.rows.map { ($0.key, $0) })
        self.generation = compacted.generation
        attempt { try index.adopt(compacted) }
      }
      #expect(index.verify().isEmpty)
      let hits = try? index.similar(to: known(Embedding(random.unitVector())), k: 10)
      #expect(Set((hits ?? []).map(\.recording)) == Set(stored.keys))
    }

    @discardableResult
    mutating func attempt<T>(_ body: () throws -> T) -> T? {
      do { return try body() } catch {
        failures += 1
        return nil
      }
    }
  }

  @Test(arguments: Saboteur.Manner.allCases) func anyCallMayFail(_ manner: Saboteur.Manner) throws {
    var target = 1
    while true {
      let directory = try TemporaryDirectory()
      let path = FilePath(directory.path)
      let saboteur = Saboteur(failing: target, manner)
      var life = Life()
      life.run(in: path, saboteur.fileSystem, seed: 41)
      if saboteur.calls < target { break }
      if manner == .interrupted { #expect(life.failures == 0) }
      // The next start finds all that was committed, and goes on.
      let committed = life.stored
      #expect(
        ModelIndex.check(
          directory: path, model: IndexFixture.model, rows: Array(committed.values),
          generation: life.generation
        ).isEmpty, "call \(target)")
      life.failures = 0
      life.run(in: path, .system, seed: 42)
      #expect(life.failures == 0 && life.stored.count == 3, "call \(target)")
      target += 1
    }
    #expect(target > 15)
  }

  @Test func aFailedFsyncEndsWritingUntilTheNextOpening() throws {
    var random = SplitMix64(seed: 43)
    let flag = Flag()
    var fileSystem = FileSystem.system
    fileSystem.synchronise = { flag.isSet ? -5 : FileSystem.system.synchronise($0) }
    let fixture = try IndexFixture(fileSystem: fileSystem)
    try fixture.add(1, pooled: random.unitVector())
    let rows = try fixture.index.append(
      pooled: known(Embedding(random.unitVector())), segments: SegmentCodes())
    flag.set(true)
    #expect(FileTests.code { try fixture.index.synchronise() } == .system)
    flag.set(false)
    #expect(FileTests.code { try fixture.index.synchronise() } == .unavailable)
    #expect(
      FileTests.code {
        _ = try fixture.index.append(
          pooled: known(Embedding(random.unitVector())), segments: SegmentCodes())
      } == .unavailable)
    #expect(try fixture.index.similar(to: known(Embedding(random.unitVector())), k: 5).count == 1)
    try fixture.reopen()
    let again = try fixture.index.append(
      pooled: known(Embedding(random.unitVector())), segments: SegmentCodes())
    #expect(again.pooled.first == rows.pooled.first)
  }

  final class Flag: Sendable {
    private let value = Mutex(false)
    var isSet: Bool { value.withLock { $0 } }
    func set(_ new: Bool) { value.withLock { $0 = new } }
  }
}
