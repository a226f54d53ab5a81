import Core
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import VectorIndex

/// One bit of a file is another: that is found, and no answer is made of it.
@Suite struct FlipTests {
  /// Flips one bit of the byte at `offset` while `body` runs.
  private static func flip(
    _ file: FileDescriptor, _ offset: Int, bit: Int, _ body: () throws -> Void
  ) throws {
    var sound: UInt8 = 0
    let count = try withUnsafeMutableBytes(of: &sound) {
      try file.read(fromAbsoluteOffset: Int64(offset), into: $0)
    }
    try #require(count == 1)
    try file.writeAll(toAbsoluteOffset: Int64(offset), [sound ^ 1 << UInt8(bit)])
    try body()
    try file.writeAll(toAbsoluteOffset: Int64(offset), [sound])
  }

  private static func problems(_ fixture: IndexFixture) -> [IndexProblem] {
    ModelIndex.check(
      directory: fixture.path, model: fixture.model, rows: Array(fixture.stored.values),
      generation: 1)
  }

  @Test(arguments: RowKind.stored) func everyByteOfAHeaderIsFound(_ kind: RowKind) throws {
    let (fixture, _) = try FileTests.filled()
    let file = try FileDescriptor.open(FilePath(fixture.file(kind).path), .readWrite)
    defer { try? file.close() }
    for offset in 0..<4_096 {
      try Self.flip(file, offset, bit: offset % 8) {
        #expect(Self.problems(fixture).map(\.kind) == [.damagedHeader], "byte \(offset)")
        if offset % 32 == 0 || offset < 80 {
          #expect(FileTests.code { try fixture.reopen() } == .corrupt, "byte \(offset)")
        }
      }
    }
    #expect(Self.problems(fixture).isEmpty)
    try fixture.reopen()
    Figures.report("flipped bytes found, header of \(kind.name)", 4_096)
  }

  @Test(arguments: RowKind.stored)
  func aFlippedByteOfARowIsFoundAndAnswersNothing(_ kind: RowKind) throws {
    var (fixture, random) = try FileTests.filled()
    let file = try FileDescriptor.open(FilePath(fixture.file(kind).path), .readWrite)
    defer { try? file.close() }
    let length = try Data(contentsOf: fixture.file(kind)).count - 4_096
    let query = random.unitVector()
    for number in 0..<1_000 {
      let offset = 4_096 + Int(random.next() % UInt64(length))
      let row = (offset - 4_096) / kind.bytesPerRow
      let damaged = try #require(
        fixture.stored.values.first {
          let range = kind == .recordings ? $0.pooled : $0.segments
          return range.first <= row && row < range.end
        }?.key)
      try Self.flip(file, offset, bit: Int(random.next() % 8)) {
        #expect(Self.problems(fixture).map(\.recording) == [damaged], "byte \(offset)")
        guard number % 10 == 0 else { return }
        try fixture.reopen(rowsWithoutSketch: number % 20 == 0 ? 1 : 2_048)
        if number % 20 == 0 { fixture.index.sketchRows() }
        let hits = try Self.answer(fixture.index, kind, query)
        var expected = Self.expected(fixture, kind, query)
        expected.removeAll { $0.recording == damaged }
        #expect(hits.map(\.recording) == expected.map(\.recording), "byte \(offset)")
        #expect(zip(hits, expected).allSatisfy { abs($0.score - $1.score) < 1e-12 })
      }
    }
    Figures.report("flipped bytes found, rows of \(kind.name)", 1_000)
  }

  /// A recording whose rows are damaged is hidden, and named once, so that it is analysed again.
  @Test(arguments: RowKind.stored) func aQueryNamesWhatIsDamaged(_ kind: RowKind) throws {
    var (fixture, random) = try FileTests.filled()
    let file = try FileDescriptor.open(FilePath(fixture.file(kind).path), .readWrite)
    defer { try? file.close() }
    let query = random.unitVector()
    let key = RecordingKey(3)
    let rows = try #require(fixture.stored[key])
    let row = kind == .recordings ? rows.pooled.first : rows.segments.first
    try Self.flip(file, 4_096 + row * kind.bytesPerRow + 1, bit: 2) {
      #expect(fixture.index.takeDamaged().isEmpty)
      _ = try Self.answer(fixture.index, kind, query)
      #expect(fixture.index.takeDamaged() == [key])
      #expect(fixture.index.takeDamaged().isEmpty && !fixture.index.contains(key))
    }
  }

  /// Sketches are derived: whatever happens to them, the answers stay and they are made anew.
  @Test(arguments: Sketched.allCases)
  func aFlippedByteOfASketchChangesNothing(_ sketched: Sketched) throws {
    var random = SplitMix64(seed: 36)
    let fixture = try IndexFixture(rowsWithoutSketch: 1)
    let rows = 2 * SketchLayout.rowsPerBlock
    for key in 1...Int64(rows) {
      try fixture.add(key, pooled: random.unitVector(), segments: random.segments(1))
    }
    fixture.index.sketchRows()
    let kind: RowKind = sketched == .recordings ? .recordings : .segments
    let url = fixture.file(sketched.kind)
    let sound = try Data(contentsOf: url)
    #expect(sound.count == 4_096 + sketched.layout.bytesPerChunk)
    let query = random.unitVector()
    let expected = Array(Self.expected(fixture, kind, query).map(\.recording).prefix(10))
    let offsets = Self.sketchBytes(sketched.layout, rows: rows, &random)
    for offset in offsets {
      // A file of another inode may be made in its place.
      let file = try FileDescriptor.open(FilePath(url.path), .readWrite)
      defer { try? file.close() }
      try file.writeAll(toAbsoluteOffset: Int64(offset), [sound[offset] ^ 1 << UInt8(offset % 8)])
      try fixture.reopen(rowsWithoutSketch: 1)
      fixture.index.sketchRows()
      let hits = try Self.answer(fixture.index, kind, query)
      #expect(hits.map(\.recording) == expected, "byte \(offset)")
      #expect(try Data(contentsOf: url) == sound, "byte \(offset)")
    }
    Figures.report("flipped bytes that changed nothing, \(sketched.kind.name)", offsets.count)
  }

  /// What of a file of sketches is flipped: the header's fields and some of its zeros, all checksums, and
  /// a choice of both planes' bytes.
  private static func sketchBytes(
    _ layout: SketchLayout, rows: Int, _ random: inout SplitMix64
  ) -> [Int] {
    let header = Array(0..<80) + stride(from: 95, to: 4_096, by: 64)
    let blocks = rows / SketchLayout.rowsPerBlock
    let checksums = (0..<blocks * 4).map { 4_096 + layout.checksums + $0 }
    let first = (0..<blocks * SketchLayout.bytesPerBlock).map { 4_096 + $0 }
    let second = (0..<rows * layout.bytesPerSecondPlane).map {
      4_096 + SketchLayout.secondPlanes + $0
    }
    let chosen = [first, second].flatMap { $0.shuffled(using: &random).prefix(150) }
    return header + checksums + chosen
  }

  private static func answer(
    _ index: ModelIndex, _ kind: RowKind, _ query: [Float]
  ) throws -> [Hit] {
    let query = known(Embedding(query))
    return kind == .recordings
      ? try index.similar(to: query, k: 10) : try index.similarMoments(to: query, k: 10)
  }

  private static func expected(
    _ fixture: IndexFixture, _ kind: RowKind, _ query: [Float]
  ) -> [Hit] {
    kind == .recordings
      ? BruteForce.similar(query, fixture.pooled)
      : BruteForce.similarMoments(query, fixture.segments)
  }
}
