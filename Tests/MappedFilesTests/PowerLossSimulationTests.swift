import Core
import Foundation
import MappedFiles
import SystemPackage
import TestSupport
import Testing

/// The tests' own disk: it must lose what a real one may lose, and nothing else.
@Suite struct PowerLossSimulationTests {
  private func directory(
    _ disk: PowerLoss, _ manner: PowerLoss.Manner
  ) throws -> [String: [UInt8]] {
    let image = try TemporaryDirectory()
    try disk.write(manner, to: image.url)
    let names = try FileManager.default.contentsOfDirectory(atPath: image.path)
    return try Dictionary(
      uniqueKeysWithValues: names.map { ($0, Array(try Data(contentsOf: image($0)))) })
  }

  private func replay(_ recorder: RecordingFileSystem) -> PowerLoss {
    var disk = PowerLoss()
    for event in recorder.events { disk.apply(event) }
    return disk
  }

  @Test func aNameNeedsItsDirectoryAndBytesTheirFile() throws {
    let home = try TemporaryDirectory()
    let path = FilePath(home.path)
    let recorder = RecordingFileSystem()
    let header = HeaderPage(magic: "HARKTEST", version: 1)
    let file = try DataFile.create(
      path.appending("a"), header: header, fileSystem: recorder.fileSystem)
    #expect(try directory(replay(recorder), .allLost).isEmpty)
    #expect(try directory(replay(recorder), .allKept) == ["a.new": header.encoded])
    try file.settle()
    #expect(try directory(replay(recorder), .allLost).isEmpty)
    try recorder.fileSystem.synchronise(directory: path)
    #expect(try directory(replay(recorder), .allLost) == ["a": header.encoded])
    try file.write([1, 2, 3], at: 4_096)
    #expect(try directory(replay(recorder), .allLost) == ["a": header.encoded])
    #expect(try directory(replay(recorder), .allKept) == ["a": header.encoded + [1, 2, 3]])
    try file.synchronise()
    #expect(try directory(replay(recorder), .allLost) == ["a": header.encoded + [1, 2, 3]])
    try file.truncate(to: 4_096)
    #expect(try directory(replay(recorder), .allLost) == ["a": header.encoded + [1, 2, 3]])
    #expect(try directory(replay(recorder), .allKept) == ["a": header.encoded])
    try file.unlink()
    #expect(try directory(replay(recorder), .allLost)["a"] != nil)
    #expect(try directory(replay(recorder), .allKept).isEmpty)
  }

  @Test func aTornWriteKeepsWholeSectors() throws {
    let home = try TemporaryDirectory()
    let recorder = RecordingFileSystem()
    let file = try DataFile.create(
      FilePath(home("a").path), header: HeaderPage(magic: "HARKTEST", version: 1),
      fileSystem: recorder.fileSystem)
    try file.settle()
    try recorder.fileSystem.synchronise(directory: FilePath(home.path))
    try file.write([UInt8](repeating: 7, count: 512 * 8), at: 4_096)
    var seen: Set<[Bool]> = []
    for seed in UInt64(1)...40 {
      let bytes = try #require(
        try directory(replay(recorder), .torn(seed: seed, namesInOrder: true))["a"])
      var kept: [Bool] = []
      for sector in 8..<16 {
        let part = bytes.dropFirst(sector * 512).prefix(512)
        kept.append(part.first == 7)
        #expect(part.allSatisfy { $0 == (kept.last == true ? 7 : 0) }, "seed \(seed)")
      }
      seen.insert(kept)
    }
    #expect(seen.count > 20, "they differ, and not in order alone")
  }
}
