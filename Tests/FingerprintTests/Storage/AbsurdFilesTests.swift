import Core
import Foundation
import MappedFiles
import SystemPackage
import TestSupport
import Testing

@testable import Fingerprint

/// Files with the right checksums that nobody wrote who meant well, and a catalogue that is damaged.
@Suite struct AbsurdFilesTests {
  /// SQLite has no checksums: a flipped bit makes any number of a record's length.
  @Test(arguments: [Int.max / 4, 1 << 40, Int(UInt32.max)])
  func aRecordOfAbsurdLengthIsReported(length: Int) throws {
    let fixture = try StoreFixture()
    var random = SplitMix64(seed: 1)
    try fixture.add([1], &random)
    fixture.committed[RecordingKey(1)]?.length = length
    #expect(!fixture.check().isEmpty)
  }

  /// Each says that it is as long as a record may be: together they are longer than the line.
  @Test func recordsThatAreTooLongTogetherStayOut() throws {
    let fixture = try StoreFixture()
    let most = Constellation.mostFrames
    let record = ConstellationRecord.encode(
      Constellation(grids: [[]], samples: 1, frames: most, soundingFrames: 1))
    let count = 33
    let url = fixture.directory(fixture.files[0])
    let file = try FileHandle(forWritingTo: url)
    try file.seekToEnd()
    for number in 0..<count {
      try file.write(contentsOf: record)
      fixture.committed[RecordingKey(Int64(number + 1))] = LandmarkRange(
        generation: 1, offset: HeaderPage.byteCount + number * record.count,
        length: record.count, checksum: Checksum.crc32c(record[...]))
    }
    try file.close()
    try fixture.reopen()
    try fixture.store.maintain()
    #expect(try fixture.store.snapshot().count == count - 2)
  }

  /// Its recordings do not lie one behind the other, or behind the end of its line.
  @Test(arguments: [UInt32.max, 1 << 31, 5])
  func aRunOutOfOrderIsMadeAnew(frame: UInt32) throws {
    let fixture = try StoreFixture(landmarksPerRun: 100)
    var random = SplitMix64(seed: 2)
    try fixture.add([1, 2], &random)
    try fixture.store.maintain()
    let url = fixture.directory(try #require(fixture.runs.first))
    var bytes = [UInt8](try Data(contentsOf: url))
    func put(_ value: UInt32, _ offset: Int) {
      withUnsafeBytes(of: value.littleEndian) {
        bytes.replaceSubrange(offset..<offset + 4, with: $0)
      }
    }
    // The second recording's first frame, then the checksums of tables and summary.
    let start = HeaderPage.byteCount
    put(frame, RunSummary.tables + RunRecording.byteCount + 8)
    let summary = try #require(RunSummary([UInt8](bytes[start..<RunSummary.tables])))
    put(Checksum.crc32c(bytes[RunSummary.tables..<summary.postings]), start + 40)
    put(Checksum.crc32c(bytes[start..<start + 60]), start + 60)
    try Data(bytes).write(to: url)
    #expect(fixture.check().map(\.kind) == [.damagedRun])
    try fixture.reopen()
    try fixture.store.maintain()
    #expect(try fixture.seen() == fixture.oracle)
    #expect(fixture.check().isEmpty)
  }
}
