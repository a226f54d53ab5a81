import Core
import MappedFiles
import SystemPackage
import TestSupport
import Testing

@testable import Fingerprint

/// The n-th system call that makes, changes or maps a file fails, for every n that a small run reaches:
/// what was committed stays, what was not does no harm, and the same again succeeds.
@Suite struct LandmarkFaultTests {
  @Test(arguments: FaultyFileSystem.Fault.allCases)
  func anyCallMayFail(_ fault: FaultyFileSystem.Fault) throws {
    var target = 1
    var hit: [FaultyFileSystem.Call: Int] = [:]
    while true {
      let directory = try TemporaryDirectory()
      let faulty = FaultyFileSystem(failing: target, fault)
      var life = LandmarkLife(directory, faulty.fileSystem)
      for step in LandmarkLife.steps {
        do {
          try life.take(step)
        } catch {
          let code = (error as? HarkError)?.code
          #expect(code == .noSpace || code == .system, "call \(target): \(error)")
          #expect(!fault.isHarmless, "call \(target)")
          // The daemon goes on with the same store, or it is started again.
          if target % 2 == 0 { life.store = nil }
          if let store = life.store { try store.recover() } else { try life.take(.open) }
          #expect(try life.committed.isWhole(try #require(life.store)), "call \(target)")
          try life.take(step)
        }
      }
      guard let call = faulty.hit else { break }
      hit[call, default: 0] += 1
      let store = try #require(life.store)
      #expect(try life.committed.isWhole(store), "call \(target)")
      #expect(try life.committed.isSeen(by: store), "call \(target)")
      #expect(life.committed.problems(life.directory).isEmpty, "call \(target)")
      let next = try life.committed.open(life.directory, .system)
      try next.maintain()
      #expect(try life.committed.isWhole(next), "call \(target)")
      #expect(try life.committed.isSeen(by: next), "call \(target)")
      #expect(life.committed.ranges.count == 3)
      target += 1
    }
    #expect(Set(hit.keys) == Set(FaultyFileSystem.Call.allCases))
    Figures.report("injected faults, landmark files, \(fault)", hit.values.reduce(0, +))
  }

  /// A read that fails is not a record that is damaged: the recording must not go missing.
  @Test func aRecordThatCannotBeReadNowIsReadLater() throws {
    let directory = try TemporaryDirectory()
    var life = LandmarkLife(directory, .system)
    for step in [LandmarkLife.Step.open, .add(1), .add(2)] { try life.take(step) }
    var fileSystem = FileSystem.system
    fileSystem.read = { file, bytes, offset in
      // The header may be read, or nothing could be opened.
      offset == 0 ? FileSystem.system.read(file, bytes, offset) : -5
    }
    let store = try life.committed.open(life.directory, fileSystem)
    #expect(store.missingCount == 2)
    let error = #expect(throws: HarkError.self) { try store.maintain() }
    #expect(error?.code == .system && store.missingCount == 2)
  }
}
