import Core
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import VectorIndex

/// What lies on disk: refused when damaged, found again after a restart, never a crash.
@Suite struct FileTests {
  static func filled() throws -> (IndexFixture, SplitMix64) {
    var random = SplitMix64(seed: 31)
    let fixture = try IndexFixture()
    for key in Int64(1)...6 {
      try fixture.add(key, pooled: random.unitVector(), segments: random.segments(Int(key) % 4))
    }
    return (fixture, random)
  }

  static func code(_ body: () throws -> Void) -> HarkError.Code? {
    do {
      try body()
      return nil
    } catch { return (error as? HarkError)?.code }
  }

  @Test func theBytesAreAsDocumented() throws {
    let (fixture, _) = try Self.filled()
    let recordings = [UInt8](try Data(contentsOf: fixture.file(.recordings)))
    let segments = [UInt8](try Data(contentsOf: fixture.file(.segments)))
    #expect(fixture.file(.recordings).lastPathComponent == "recordings-010101010101-1.hark")
    #expect(Array(recordings[0..<16]) == Array("HARKROWS".utf8) + [1, 0, 0, 0, 1, 0, 0, 0])
    #expect(Array(segments[0..<16]) == Array("HARKROWS".utf8) + [1, 0, 0, 0, 2, 0, 0, 0])
    #expect(Array(recordings[16..<32]) == [128, 0, 0, 0, 1, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0])
    #expect(Array(segments[16..<32]) == [128, 0, 0, 0, 2, 0, 0, 0, 132, 0, 0, 0, 0, 0, 0, 0])
    #expect(Array(recordings[32..<64]) == [UInt8](repeating: 1, count: 32))
    #expect(Array(recordings[64..<72]) == [1, 0, 0, 0, 0, 0, 0, 0])
    #expect(recordings.count == 4096 + 6 * 512)
    #expect(segments.count == 4096 + (1 + 2 + 3 + 0 + 1 + 2) * 132)
    let codes = fixture.segments[RecordingKey(2)]!
    let row = fixture.stored[RecordingKey(2)]!.segments.first + 1
    let bytes = segments[(4096 + row * 132)...].prefix(132)
    #expect(bytes.prefix(128).map { Int8(bitPattern: $0) } == Array(codes.codes[128..<256]))
    #expect(
      bytes.suffix(4).reversed().reduce(0) { $0 << 8 | UInt32($1) } == codes.scales[1].bitPattern)
  }

  @Test func everythingIsThereAfterAReopening() throws {
    let (fixture, _) = try Self.filled()
    fixture.remove(2)
    try fixture.reopen()
    #expect(fixture.index.count == 5)
    for (key, values) in fixture.pooled {
      #expect(try fixture.index.pooled(of: key)?.values == values)
      #expect(try fixture.index.segments(of: key) == fixture.segments[key])
    }
    #expect(try fixture.index.pooled(of: RecordingKey(2)) == nil)
    #expect(try fixture.index.segments(of: RecordingKey(2)) == nil)
    #expect(fixture.index.verify().isEmpty)
    #expect(fixture.index.waste.deadRecordings == 1 && fixture.index.waste.deadSegments == 2)
  }

  @Test func everyByteOfAHeaderCounts() throws {
    let (fixture, _) = try Self.filled()
    for kind in RowKind.stored {
      let file = try FileHandle(forUpdating: fixture.file(kind))
      let page = [UInt8](try #require(try file.read(upToCount: 4096)))
      let header = IndexHeader(kind: kind, model: fixture.model, generation: 1)
      for offset in page.indices {
        var damaged = page
        damaged[offset] ^= 1 << UInt8(offset % 8)
        #expect(
          Self.code { try header.page.check(damaged, path: "x", remedy: "") } == .corrupt,
          "byte \(offset)")
        // The way through a file takes longer: not for every byte.
        guard offset % 61 == 0 || offset == 4095 else { continue }
        try file.seek(toOffset: UInt64(offset))
        try file.write(contentsOf: [damaged[offset]])
        #expect(Self.code { try fixture.reopen() } == .corrupt, "byte \(offset)")
        try file.seek(toOffset: UInt64(offset))
        try file.write(contentsOf: [page[offset]])
      }
      try fixture.reopen()
    }
  }

  @Test func newerVersionsAndOthersFilesAreRefused() throws {
    let (fixture, _) = try Self.filled()
    let url = fixture.file(.recordings)
    let original = try Data(contentsOf: url)
    func rewrite(_ change: (inout [UInt8]) -> Void) throws {
      var bytes = [UInt8](original)
      change(&bytes)
      let checksum = Kernels.best.crc32c(bytes[..<4092])
      for place in 0..<4 {
        bytes[4092 + place] = UInt8(truncatingIfNeeded: checksum >> (8 * place))
      }
      try Data(bytes).write(to: url)
    }
    try rewrite { $0[8] = 2 }
    #expect(Self.code { try fixture.reopen() } == .newerVersion)
    for offset in [8, 12, 16, 20, 24, 40, 64] {
      try rewrite { $0[offset] ^= offset == 8 ? 1 : 4 }
      #expect(Self.code { try fixture.reopen() } == .corrupt, "byte \(offset)")
    }
    try rewrite { _ in }
    try fixture.reopen()
  }

  @Test func damagedRowsAreFound() throws {
    let (fixture, _) = try Self.filled()
    for kind in RowKind.stored {
      let file = try FileHandle(forUpdating: fixture.file(kind))
      for (key, rows) in fixture.stored {
        let range = kind == .recordings ? rows.pooled : rows.segments
        guard range.count > 0 else { continue }
        let offset = UInt64(4096 + range.end * kind.bytesPerRow - 1 - Int(key.rawValue))
        try file.seek(toOffset: offset)
        let byte = try #require(try file.read(upToCount: 1))[0]
        try file.seek(toOffset: offset)
        try file.write(contentsOf: [byte ^ 0x10])
        let problems = fixture.index.verify()
        #expect(problems.map(\.kind) == [.damagedRows] && problems.map(\.recording) == [key])
        #expect(problems == check(fixture))
        if kind == .recordings {
          #expect(Self.code { _ = try fixture.index.pooled(of: key) } == .corrupt)
        } else {
          #expect(Self.code { _ = try fixture.index.segments(of: key) } == .corrupt)
        }
        #expect(Self.code { _ = try fixture.index.compact() } == .corrupt)
        try file.seek(toOffset: offset)
        try file.write(contentsOf: [byte])
        #expect(fixture.index.verify().isEmpty)
      }
    }
  }

  @Test func aFileCutShortIsAnErrorAndNoSignal() throws {
    var (fixture, random) = try Self.filled()
    let query = Embedding(random.unitVector())!
    for kind in RowKind.stored {
      let file = try FileHandle(forUpdating: fixture.file(kind))
      let whole = try Data(contentsOf: fixture.file(kind))
      for length in [whole.count - 1, 5000, 4096, 0] {
        try file.truncate(atOffset: UInt64(length))
        if kind == .recordings {
          #expect(Self.code { _ = try fixture.index.similar(to: query, k: 1) } == .corrupt)
          #expect(Self.code { _ = try fixture.index.pooled(of: RecordingKey(1)) } == .corrupt)
        } else {
          #expect(Self.code { _ = try fixture.index.similarMoments(to: query, k: 1) } == .corrupt)
          #expect(Self.code { _ = try fixture.index.segments(of: RecordingKey(1)) } == .corrupt)
        }
        let kinds = Set(fixture.index.verify().map(\.kind))
        #expect(kinds == (length == 0 ? [.damagedHeader] : [.outsideFile]))
        #expect(Self.code { try fixture.reopen() } == .corrupt)
        try whole.write(to: fixture.file(kind))
        // Written in place: the open index must see the same file.
        try file.truncate(atOffset: 0)
        try file.seek(toOffset: 0)
        try file.write(contentsOf: whole)
      }
      #expect(fixture.index.verify().isEmpty)
    }
  }

  /// What a file lost must not come back as zeros, whatever is written behind it.
  @Test(arguments: RowKind.stored) func aFileCutShortTakesNothingMore(_ kind: RowKind) throws {
    var random = SplitMix64(seed: 39)
    let fixture = try IndexFixture()
    for key in Int64(1)...40 {
      try fixture.add(key, pooled: random.unitVector(), segments: random.segments(1))
    }
    let length = UInt64(4096 + 2 * kind.bytesPerRow)
    try FileHandle(forUpdating: fixture.file(kind)).truncate(atOffset: length)
    for _ in 0..<2 {
      #expect(
        Self.code {
          _ = try fixture.index.append(
            pooled: known(Embedding(random.unitVector())), segments: random.segments(1))
        } == .corrupt)
      let values =
        kind == .recordings
        ? known(fixture.pooled[RecordingKey(30)])
        : known(fixture.segments[RecordingKey(30)]).dequantised(0)
      let query = known(Embedding(values))
      #expect(
        Self.code {
          _ =
            kind == .recordings
            ? try fixture.index.similar(to: query, k: 1)
            : try fixture.index.similarMoments(to: query, k: 1)
        } == .corrupt)
    }
    #expect(try Data(contentsOf: fixture.file(kind)).count == Int(length))
  }

  @Test func whatNoRowRefersToIsCutOff() throws {
    var (fixture, random) = try Self.filled()
    let before = try RowKind.stored.map { try Data(contentsOf: fixture.file($0)) }
    // Appended, and the transaction never came; then half a row of a torn write.
    _ = try fixture.index.append(
      pooled: Embedding(random.unitVector())!, segments: random.segments(3))
    for kind in RowKind.stored {
      let file = try FileHandle(forUpdating: fixture.file(kind))
      try file.seekToEnd()
      try file.write(contentsOf: Data(repeating: 7, count: 77))
    }
    try fixture.reopen()
    #expect(try RowKind.stored.map { try Data(contentsOf: fixture.file($0)) } == before)
    try fixture.add(70, pooled: random.unitVector(), segments: random.segments(2))
    #expect(fixture.stored[RecordingKey(70)]!.pooled.first == 6)
    try fixture.reopen()
    #expect(fixture.index.verify().isEmpty && fixture.index.count == 7)
  }

  @Test func contradictoryRowsAreRefused() throws {
    let (fixture, _) = try Self.filled()
    let good = Array(fixture.stored.values)
    func open(_ change: (inout [StoredRows]) -> Void) -> HarkError.Code? {
      var rows = good
      change(&rows)
      return Self.code {
        _ = try ModelIndex.open(
          directory: fixture.path, model: fixture.model, rows: rows, generation: 1)
      }
    }
    #expect(open { _ in } == nil)
    #expect(open { $0[0].pooled.first = $0[1].pooled.first } == .corrupt)
    #expect(open { $0[0].pooled.first = 6 } == .corrupt)
    #expect(open { $0[0].pooled.first = -1 } == .corrupt)
    #expect(open { $0[0].pooled.count = 2 } == .corrupt)
    #expect(open { $0[0].pooled.generation = 2 } == .corrupt)
    #expect(open { $0[0].segments.count += 100 } == .corrupt)
    #expect(open { $0[0].segments.count = -1 } == .corrupt)
    #expect(open { $0[0].segments.first = .max } == .corrupt)
    #expect(open { $0[0].key = $0[1].key } == .corrupt)
    #expect(open { $0[0].key = RecordingKey(0) } == .corrupt)
    // Refused, and nothing was cut off.
    try fixture.reopen()
    #expect(fixture.index.verify().isEmpty)
  }

  @Test func missingFilesAreMadeOnlyIfNothingRefersToThem() throws {
    let (fixture, _) = try Self.filled()
    try FileManager.default.removeItem(at: fixture.file(.segments))
    #expect(Self.code { try fixture.reopen() } == .corrupt)
    #expect(check(fixture).map(\.kind) == [.missingFile])
    fixture.stored = [:]
    try fixture.reopen()
    #expect(FileManager.default.fileExists(atPath: fixture.file(.segments).path))
  }

  private func check(_ fixture: IndexFixture) -> [IndexProblem] {
    ModelIndex.check(
      directory: fixture.path, model: fixture.model, rows: Array(fixture.stored.values),
      generation: 1)
  }
}
