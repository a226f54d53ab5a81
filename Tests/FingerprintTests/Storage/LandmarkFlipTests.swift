import Core
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Fingerprint

/// One bit of a file is another: that is found, and no answer is made of it.
@Suite struct LandmarkFlipTests {
  private static func filled() throws -> (life: LandmarkLife, directory: TemporaryDirectory) {
    let directory = try TemporaryDirectory()
    var life = LandmarkLife(directory, .system)
    for step in [LandmarkLife.Step.open, .add(1), .add(2), .maintain] { try life.take(step) }
    return (life, directory)
  }

  private static func run(_ directory: TemporaryDirectory) throws -> URL {
    let names = try FileManager.default.contentsOfDirectory(atPath: directory.path)
    return directory(try #require(names.first { $0.contains("-run-") }))
  }

  /// Flips one bit of the byte at `offset` while `body` runs.
  private static func flip(
    _ file: FileDescriptor, _ sound: Data, _ offset: Int, _ body: () throws -> Void
  ) throws {
    try file.writeAll(toAbsoluteOffset: Int64(offset), [sound[offset] ^ 1 << UInt8(offset % 8)])
    try body()
    try file.writeAll(toAbsoluteOffset: Int64(offset), [sound[offset]])
  }

  @Test func everyByteOfTheRecordsIsFound() throws {
    let (life, directory) = try Self.filled()
    let url = directory("landmarks-1-1.hark")
    try FileManager.default.removeItem(at: try Self.run(directory))
    let sound = try Data(contentsOf: url)
    let file = try FileDescriptor.open(FilePath(url.path), .readWrite)
    defer { try? file.close() }
    for offset in 0..<4_096 {
      try Self.flip(file, sound, offset) {
        #expect(
          life.committed.problems(life.directory).map(\.kind) == [.damagedHeader], "byte \(offset)")
        guard offset % 64 == 0 else { return }
        let error = #expect(throws: HarkError.self) {
          try life.committed.open(life.directory, .system)
        }
        #expect(error?.code == .corrupt, "byte \(offset)")
      }
    }
    for offset in 4_096..<sound.count {
      let damaged = try #require(
        life.committed.ranges.first {
          $0.value.offset <= offset && offset < $0.value.offset + $0.value.length
        }?.key)
      try Self.flip(file, sound, offset) {
        let found = life.committed.problems(life.directory)
        #expect(found.map(\.kind) == [.damagedRecord] && found.map(\.recording) == [damaged])
        guard offset % 16 == 0 else { return }
        // Nothing is told of it, and everything of the other.
        let store = try life.committed.open(life.directory, .system)
        var rest = life.committed
        rest.constellations[damaged] = nil
        #expect(try rest.isSeen(by: store), "byte \(offset)")
        #expect(throws: HarkError.self) { try store.constellation(of: damaged) }
      }
    }
    #expect(life.committed.problems(life.directory).isEmpty)
    Figures.report("flipped bytes found, header of landmarks", 4_096)
    Figures.report("flipped bytes found, records of landmarks", sound.count - 4_096)
  }

  @Test func everyByteOfARunIsFoundAndMadeAnew() throws {
    let (life, directory) = try Self.filled()
    let url = try Self.run(directory)
    let sound = try Data(contentsOf: url)
    let file = try FileDescriptor.open(FilePath(url.path), .readWrite)
    defer { try? file.close() }
    var random = SplitMix64(seed: 6)
    let summary = try #require(RunSummary([UInt8](sound[4_096..<4_160])))
    // Header and summary, then some of the tables, and of the postings.
    var offsets = Array(0..<4_160)
    for range in [4_160..<summary.postings, summary.postings..<sound.count] {
      for _ in 0..<400 {
        offsets.append(range.lowerBound + Int(random.next() % UInt64(range.count)))
      }
    }
    for offset in offsets {
      try Self.flip(file, sound, offset) {
        #expect(
          life.committed.problems(life.directory).map(\.kind) == [.damagedRun], "byte \(offset)")
      }
    }
    for offset in offsets where random.next() % 100 == 0 {
      let name = try Self.run(directory)
      var bytes = try Data(contentsOf: name)
      bytes[min(offset, bytes.count - 1)] ^= 4
      try bytes.write(to: name)
      let store = try life.committed.open(life.directory, .system)
      // Queries that come before the check read nothing outside the file.
      _ = try life.committed.isSeen(by: store)
      try store.maintain()
      #expect(try life.committed.isSeen(by: store), "byte \(offset)")
      #expect(life.committed.problems(life.directory).isEmpty, "byte \(offset)")
    }
    Figures.report("flipped bytes found, header and summary of runs", 4_160)
    Figures.report("flipped bytes found, tables and postings of runs", 800)
  }
}
