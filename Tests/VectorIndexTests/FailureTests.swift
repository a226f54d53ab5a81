import Core
import MappedFiles
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import VectorIndex

/// The n-th system call that makes, changes or maps a file fails, for every n that a small run reaches:
/// what was committed stays, what was not does no harm, and the same again succeeds.
@Suite struct FailureTests {
  @Test(arguments: FaultyFileSystem.Fault.allCases)
  func anyCallMayFail(_ fault: FaultyFileSystem.Fault) throws {
    var target = 1
    var hit: [FaultyFileSystem.Call: Int] = [:]
    while true {
      let directory = try TemporaryDirectory()
      let faulty = FaultyFileSystem(failing: target, fault)
      var life = IndexLife(directory, faulty.fileSystem)
      for step in IndexLife.steps {
        do {
          try life.take(step)
        } catch {
          let code = (error as? HarkError)?.code
          #expect(code == .noSpace || code == .system, "call \(target): \(error)")
          #expect(!fault.isHarmless, "call \(target)")
          #expect(life.committed.problems(life.directory).isEmpty, "call \(target)")
          // The daemon goes on in the same process, or it is started again.
          if target % 2 == 0 { life.index = nil }
          if life.index == nil { try life.take(.open) } else { try life.reopenInPlace() }
          #expect(try life.committed.isWhole(try #require(life.index)), "call \(target)")
          try life.take(step)
        }
      }
      guard let call = faulty.hit else { break }
      hit[call, default: 0] += 1
      #expect(try life.committed.isWhole(try #require(life.index)), "call \(target)")
      // And so for the next start.
      let next = try life.committed.open(life.directory, .system)
      #expect(try life.committed.isWhole(next), "call \(target)")
      #expect(life.committed.stored.count == 4)
      target += 1
    }
    #expect(Set(hit.keys) == Set(FaultyFileSystem.Call.allCases))
    Figures.report("injected faults, index files, \(fault)", hit.values.reduce(0, +))
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

  /// Recordings that went may be the last in the file. Whoever still reads the old index must not find
  /// the file shorter, nor another recording where one of his lay.
  @Test func anIndexReopenedInPlaceLeavesTheOldOneItsRows() throws {
    var random = SplitMix64(seed: 44)
    let fixture = try IndexFixture()
    for key in Int64(1)...40 {
      try fixture.add(key, pooled: random.unitVector(), segments: random.segments(40))
    }
    let old = fixture.index
    let length = try old.state.withLock { try $0.snapshot.recordings.file.rowCount() }
    for key in Int64(5)...40 { fixture.stored[RecordingKey(key)] = nil }
    let new = try old.reopened(rows: Array(fixture.stored.values), generation: 1)
    #expect(try old.state.withLock { try $0.snapshot.recordings.file.rowCount() } == length)
    let appended = try new.append(
      pooled: known(Embedding(random.unitVector())), segments: random.segments(2))
    #expect(appended.pooled.first == 40 && appended.segments.first == 1_600)
    #expect(old.verify().isEmpty)
    #expect(try old.similar(to: known(Embedding(random.unitVector())), k: 50).count == 40)
    #expect(new.count == 4 && new.verify().isEmpty)
  }

  final class Flag: Sendable {
    private let value = Mutex(false)
    var isSet: Bool { value.withLock { $0 } }
    func set(_ new: Bool) { value.withLock { $0 = new } }
  }
}
