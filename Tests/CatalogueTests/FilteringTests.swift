import Core
import SystemPackage
import Testing

@testable import Catalogue

@Suite struct FilteringTests {
  /// Recording n lasts n seconds.
  private func keys(
    _ fixture: CatalogueFixture, _ numbers: [UInt8]
  ) async throws -> RecordingKeys {
    var keys = RecordingKeys()
    for number in numbers {
      keys.insert(try #require(await fixture.catalogue.key(of: fixture.analysis(number).recording)))
    }
    return keys
  }

  @Test func foldersAndLengthsTogether() async throws {
    let fixture = try CatalogueFixture()
    try await fixture.addAnalysed(["/m/a/1", "/m/a/2", "/m/b/3", "/m/b/c/4", "/m/5", "/n/6"])
    func found(_ under: [FilePath], _ least: Double?, _ most: Double?) async throws -> RecordingKeys
    {
      try await fixture.catalogue.recordings(
        under: under, minimumDuration: least, maximumDuration: most)
    }
    for _ in 0..<2 {
      #expect(try await found(["/m/b"], nil, nil) == keys(fixture, [3, 4]))
      #expect(try await found(["/m/b", "/m/a"], nil, nil) == keys(fixture, [1, 2, 3, 4]))
      #expect(try await found(["/m"], 2, 4) == keys(fixture, [2, 3, 4]))
      #expect(try await found([], nil, 2) == keys(fixture, [1, 2]))
      #expect(try await found([], 5.5, nil) == keys(fixture, [6]))
      // A file is at itself.
      #expect(try await found(["/m/5", "/n"], nil, 5) == keys(fixture, [5]))
      #expect(try await found(["/m/z"], nil, nil).isEmpty)
    }
  }

  /// What was answered before counts until something is written.
  @Test func whatIsWrittenCountsAtOnce() async throws {
    let fixture = try CatalogueFixture()
    try await fixture.addAnalysed(["/m/a/1", "/m/a/2", "/m/b/3"])
    func found() async throws -> RecordingKeys {
      try await fixture.catalogue.recordings(
        under: ["/m/a"], minimumDuration: nil, maximumDuration: nil)
    }
    #expect(try await found() == keys(fixture, [1, 2]))
    _ = try await fixture.catalogue.moveFile(
      from: "/m/b/3", to: fixture.observed("/m/a/3", size: 1_002, inode: 12), now: 3)
    #expect(try await found() == keys(fixture, [1, 2, 3]))
    _ = try await fixture.catalogue.setOffline(true, below: "/m/a", now: 4)
    #expect(try await found().isEmpty)
    _ = try await fixture.catalogue.setOffline(false, below: "/m/a", now: 5)
    _ = try await fixture.catalogue.removeFiles(["/m/a/2"], now: 6)
    #expect(try await found() == keys(fixture, [1, 3]))
  }

  @Test func onlySoManyAnswersAreKept() {
    let memory = FilterMemory()
    func question(_ number: Int) -> FilterMemory.Question {
      FilterMemory.Question(directories: [FilePath("/\(number)")])
    }
    let revision = memory.revision
    for number in 0..<40 {
      memory.remember(
        RecordingKeys([RecordingKey(Int64(number))]), for: question(number), at: revision)
      // One that is asked for again and again stays.
      #expect(memory.answer(to: question(0))?.count == 1)
    }
    #expect((0..<40).filter { memory.answer(to: question($0)) != nil }.count == 16)
    memory.forget()
    memory.remember(RecordingKeys(), for: question(1), at: revision)
    #expect((0..<40).allSatisfy { memory.answer(to: question($0)) == nil })
  }

  /// Folders inside others, beside others of a similar name, and none at all.
  @Test func whatLiesOutsideIsFoundByRanges() async throws {
    let paths = ["/a/1", "/m", "/m/1", "/m/x/2", "/m0", "/m-/3", "/n/x/4", "/z"]
    let folders: [[FilePath]] = [
      [], ["/"], ["/m"], ["/m", "/m/x"], ["/m/x", "/m"], ["/n/x", "/a"], ["/m", "/m-", "/z"],
      ["/q"],
      ["/m", "/m"],
    ]
    for directories in folders {
      let fixture = try CatalogueFixture()
      try await fixture.addAnalysed(paths)
      let touched = try await fixture.catalogue.setOffline(outside: directories, now: 5)
      let online = try await fixture.catalogue.files(FileQuery(states: [.analysed])).elements
      let expected = paths.filter { path in
        directories.contains { FilePath(path) != $0 && FilePath(path).isAtOrBelow($0) }
      }
      #expect(Set(online.map(\.path.string)) == Set(expected), "\(directories)")
      #expect(touched.count == paths.count - expected.count)
    }
  }
}
