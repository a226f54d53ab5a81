import Core
import Foundation
import MappedFiles
import TestSupport
import Testing

@testable import Fingerprint

@Suite struct StoreFailureTests {
  private static func filled(_ keys: Int64 = 12) throws -> StoreFixture {
    var random = SplitMix64(seed: 31)
    let fixture = try StoreFixture()
    for key in 1...keys { try fixture.add([key], &random) }
    try fixture.store.maintain()
    return fixture
  }

  private static func code(_ body: () throws -> Void) -> HarkError.Code? {
    do {
      try body()
      return nil
    } catch { return (error as? HarkError)?.code }
  }

  private func change(_ url: URL, at offset: Int, _ change: (UInt8) -> UInt8) throws {
    var bytes = [UInt8](try Data(contentsOf: url))
    bytes[offset] = change(bytes[offset])
    try Data(bytes).write(to: url)
  }

  /// Header, summary, tables, directory, postings: a damaged run is told and made anew.
  @Test func aDamagedRunIsMadeAnew() throws {
    let fixture = try Self.filled()
    let name = try #require(fixture.runs.first)
    let url = fixture.directory(name)
    let size = try Data(contentsOf: url).count
    for offset in [3, 4_000, 4_096 + 9, 4_160 + 5, 4_160 + 60_000, size - 40] {
      let name = try #require(fixture.runs.first)
      try change(fixture.directory(name), at: offset) { $0 ^ 0x10 }
      #expect(fixture.check().map(\.kind).contains(.damagedRun), "byte \(offset)")
      try fixture.reopen()
      try fixture.store.maintain()
      #expect(try fixture.seen() == fixture.oracle, "byte \(offset)")
      #expect(fixture.check().isEmpty, "byte \(offset)")
    }
    try Data(try Data(contentsOf: fixture.directory(fixture.runs[0])).prefix(9_000)).write(
      to: fixture.directory(fixture.runs[0]))
    try fixture.reopen()
    try fixture.store.maintain()
    for name in fixture.runs { try FileManager.default.removeItem(at: fixture.directory(name)) }
    try fixture.reopen()
    try fixture.store.maintain()
    #expect(try fixture.seen() == fixture.oracle && !fixture.runs.isEmpty)
  }

  /// A run may be damaged in any way while queries read it: nothing outside it is touched.
  @Test func damagedPostingsAreHarmless() throws {
    let fixture = try Self.filled()
    let url = fixture.directory(fixture.runs[0])
    let sound = try Data(contentsOf: url)
    let tables = try #require(RunSummary([UInt8](sound[4_096..<4_160])))
    var random = SplitMix64(seed: 32)
    for _ in 0..<8 {
      var bytes = [UInt8](sound)
      for _ in 0..<200 {
        let place = Int(random.next() % UInt64(bytes.count - tables.postings)) + tables.postings
        bytes[place] = UInt8(truncatingIfNeeded: random.next())
      }
      try Data(bytes).write(to: url)
      try fixture.reopen()
      _ = try fixture.seen()
    }
  }

  @Test func newerAndForeignFilesAreRefused() throws {
    let fixture = try Self.filled()
    for name in ["landmarks-1-1.hark", fixture.runs[0]] {
      let url = fixture.directory(name)
      let original = try Data(contentsOf: url)
      var bytes = [UInt8](original)
      bytes[8] = 2
      let checksum = Checksum.crc32c(bytes[..<4_092])
      for i in 0..<4 { bytes[4_092 + i] = UInt8(truncatingIfNeeded: checksum >> (8 * i)) }
      try Data(bytes).write(to: url)
      #expect(Self.code { try fixture.reopen() } == .newerVersion, "\(name)")
      #expect(fixture.check().map(\.kind).contains(.newerVersion))
      try original.write(to: url)
    }
    let records = fixture.directory("landmarks-1-1.hark")
    let original = try Data(contentsOf: records)
    try change(records, at: 20) { $0 ^ 1 }
    #expect(Self.code { try fixture.reopen() } == .corrupt)
    try original.write(to: records)
    try FileManager.default.removeItem(at: records)
    #expect(Self.code { try fixture.reopen() } == .corrupt)
    #expect(fixture.check().map(\.kind) == [.missingFile])
    try original.prefix(original.count - 1).write(to: records)
    #expect(Self.code { try fixture.reopen() } == .corrupt)
    #expect(fixture.check().map(\.kind) == [.damagedRecord])
    try original.write(to: records)
    try fixture.reopen()
    #expect(try fixture.seen() == fixture.oracle)
  }

  @Test func aDamagedRecordIsFoundAndStaysAlone() throws {
    let fixture = try Self.filled()
    let key = RecordingKey(5)
    let range = try #require(fixture.committed[key])
    try change(fixture.directory("landmarks-1-1.hark"), at: range.offset + range.length / 2) {
      $0 ^ 4
    }
    #expect(fixture.check().map(\.recording) == [key])
    // The old file is open still: the change made another.
    try fixture.reopen()
    #expect(Self.code { _ = try fixture.store.constellation(of: key) } == .corrupt)
    #expect(Self.code { _ = try fixture.store.compact() } == .corrupt)
    #expect(try fixture.store.snapshot().peaks(of: key).isEmpty)
    // Without runs, all the others come back.
    for name in fixture.runs { try FileManager.default.removeItem(at: fixture.directory(name)) }
    try fixture.reopen()
    try fixture.store.maintain()
    fixture.constellations[key] = nil
    #expect(try fixture.seen() == fixture.oracle)
  }

  @Test func aRunThatShrinksIsToldBeforeItIsRead() throws {
    let fixture = try Self.filled()
    let handle = try FileHandle(forWritingTo: fixture.directory(fixture.runs[0]))
    try handle.truncate(atOffset: 5_000)
    #expect(Self.code { _ = try fixture.store.snapshot() } == .corrupt)
  }

  @Test func rangesThatContradictAreRefused() throws {
    let fixture = try Self.filled(3)
    let sound = fixture.committed
    for change in [
      { $0.offset += 1 }, { $0.offset = 0 }, { $0.length = 0 }, { $0.length = -4 },
      { $0.generation = 2 }, { $0.offset = .max },
    ] as [(inout LandmarkRange) -> Void] {
      var range = try #require(sound[RecordingKey(2)])
      change(&range)
      fixture.committed[RecordingKey(2)] = range
      #expect(Self.code { try fixture.reopen() } == .corrupt, "\(range)")
      #expect(!fixture.check().isEmpty)
    }
    fixture.committed = sound
    try fixture.reopen()
  }

  @Test func leftoversAreListed() throws {
    let fixture = try Self.filled(2)
    let names = [
      "landmarks-1-2.hark", "landmarks-1-run-9.hark.new", "landmarks-0-run-3.hark",
      "landmarks-0-1.hark", "landmarks-1-1.hark.new",
    ]
    for name in names + ["landmarks-x-1.hark", "notes.txt"] {
      try Data().write(to: fixture.directory(name))
    }
    let found = try LandmarkStore.leftovers(
      in: fixture.path, parameters: fixture.parameters, generation: 1)
    #expect(found.map { $0.lastComponent?.string } == names.sorted())
  }
}
