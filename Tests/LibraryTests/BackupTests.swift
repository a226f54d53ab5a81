import Catalogue
import Core
import Foundation
import MappedFiles
import SystemPackage
import TestSupport
import Testing

@testable import Library

@Suite struct BackupTests {
  private static func archive(_ backup: LibraryBackup) async throws -> [UInt8] {
    var bytes: [UInt8] = []
    try await backup.forEachPiece { bytes += $0 }
    return bytes
  }

  /// A library of some recordings, and its backup.
  private static func backedUp() async throws -> (fixture: LibraryFixture, archive: [UInt8]) {
    let fixture = try await LibraryFixture()
    try await fixture.add(
      (0..<5).map { "/music/\($0).wav" }, (0..<5).map { fixture.analysis(UInt64($0) + 1) })
    let copying = StateCopying(
      catalogue: fixture.catalogue, directory: FilePath(fixture.directory.path))
    let backup = try await fixture.recorder.openBackup(copying)
    // What comes afterwards is not in it.
    try await fixture.add(["/music/late.wav"], [fixture.analysis(9)])
    let archive = try await Self.archive(backup)
    #expect(archive.count == backup.byteCount)
    return (fixture, archive)
  }

  private static func restore(
    _ archive: [UInt8], _ directory: TemporaryDirectory
  ) async throws -> StateRestore.Report {
    let file = directory("backup.tar")
    try Data(archive).write(to: file)
    return try await StateRestore(path: FilePath(directory("state").path)).run(
      from: FilePath(file.path))
  }

  /// Python's and everyone's tar reads what is written.
  @Test func theArchiveIsATarArchive() async throws {
    let (_, archive) = try await Self.backedUp()
    let directory = try TemporaryDirectory()
    try Data(archive).write(to: directory("a.tar"))
    let list = try await ProgramRun.run(
      try #require(ProgramRun.find("tar")), ["-tvf", directory("a.tar").path])
    #expect(list.status == 0, "\(list.errors)")
    let names = list.text.split(separator: "\n").compactMap { $0.split(separator: " ").last }
    #expect(
      names == [
        "catalogue.sqlite", "recordings-070707070707-1.hark", "segments-070707070707-1.hark",
        "MANIFEST",
      ], "\(list.text)")
    let model = try ModelID(#require(ContentHash(bytes: [UInt8](repeating: 7, count: 32))))
    #expect(model.short == "070707070707")
  }

  @Test func hugeFilesHaveTheirLength() throws {
    for count in [0, 511, 512, 1 << 33 - 1, 1 << 33, 1 << 40 + 7] {
      let header = TarHeader(name: "segments-a-1.hark", byteCount: count, modified: 1_700_000_000)
      #expect(try TarHeader(header.encoded) == header)
    }
    #expect(try TarHeader([UInt8](repeating: 0, count: 512)) == nil)
  }

  @Test func aRestoredLibraryIsTheOneThatWasBackedUp() async throws {
    let (fixture, archive) = try await Self.backedUp()
    let directory = try TemporaryDirectory()
    let report = try await Self.restore(archive, directory)
    #expect(report.files == 5 && report.recordings == 5 && report.rows == 5 + 5 * 4)
    let state = FilePath(directory("state").path)
    let names = try FileManager.default.contentsOfDirectory(atPath: state.string).sorted()
    #expect(
      names == [
        "LOCK", "catalogue.sqlite", "model-copies", "recordings-070707070707-1.hark",
        "segments-070707070707-1.hark",
      ])
    let check = try await StateCheck(path: state).run()
    #expect(check.problems.isEmpty && check.recordings == 5)
    let before = FilePath(fixture.directory.path)
    let old = try FileManager.default.contentsOfDirectory(atPath: before.string)
    #expect(!old.contains { $0.hasPrefix("catalogue-copy") }, "\(old)")
    await #expect(throws: HarkError.self) { try await Self.restore(archive, directory) }
  }

  /// Another catalogue's log would be played into the restored one.
  @Test(arguments: ["catalogue.sqlite", "catalogue.sqlite-wal"])
  func aDirectoryWithALibraryIsRefused(name: String) async throws {
    let (_, archive) = try await Self.backedUp()
    let directory = try TemporaryDirectory()
    try FileManager.default.createDirectory(
      at: directory("state"), withIntermediateDirectories: true)
    try Data("x".utf8).write(to: directory("state").appendingPathComponent(name))
    let error = await #expect(throws: HarkError.self) {
      try await Self.restore(archive, directory)
    }
    #expect(error?.code == .invalidArgument)
  }

  /// Whatever byte is another, and wherever the archive ends: it is refused, and nothing is left.
  @Test func aDamagedBackupIsRefused() async throws {
    let (_, archive) = try await Self.backedUp()
    let directory = try TemporaryDirectory()
    var random = SplitMix64(seed: 3)
    var damages: [[UInt8]] = []
    for _ in 0..<60 {
      var bytes = archive
      // Not in the padding and the end, which say nothing.
      let place = Int(random.next() % UInt64(archive.count - 4_096))
      bytes[place] ^= 1 << UInt8(random.next() % 8)
      damages.append(bytes)
    }
    for _ in 0..<20 {
      damages.append(Array(archive.prefix(Int(random.next() % UInt64(archive.count - 1_536)))))
    }
    damages += [[], Array("no archive".utf8), [UInt8](repeating: 0, count: 4_096)]
    var refused = 0
    for bytes in damages {
      do {
        _ = try await Self.restore(bytes, directory)
        // A bit of a header that means nothing here, such as its owner's: then all must be there.
        let check = try await StateCheck(path: FilePath(directory("state").path)).run()
        #expect(check.problems.isEmpty && check.recordings == 5)
        try FileManager.default.removeItem(at: directory("state"))
      } catch let error as HarkError {
        #expect(error.code == .corrupt, "\(error)")
        refused += 1
        let left = try FileManager.default.contentsOfDirectory(atPath: directory("state").path)
        #expect(Set(left) == ["LOCK", "model-copies"], "\(left)")
      }
    }
    #expect(refused >= damages.count - 2, "\(refused) of \(damages.count)")
    Figures.report("damaged backups refused", refused)
  }

  /// An archive of anybody's may name any path: none is written outside the directory.
  @Test(arguments: [
    "../evil.hark", "/tmp/evil.hark", "model-copies/../../evil.safetensors", "a/b.hark",
    ".hidden.hark", "LOCK", "catalogue.sqlite-wal", "model-copies/x",
  ]) func namesThatLeadElsewhereAreRefused(name: String) async throws {
    let file = CommittedFile(name: name, byteCount: 3) { (_, _) throws(HarkError) in [1, 2, 3] }
    let archive = try await Self.archive(LibraryBackup(files: [file], made: 0))
    let directory = try TemporaryDirectory()
    let error = await #expect(throws: HarkError.self) {
      try await Self.restore(archive, directory)
    }
    #expect(error?.code == .corrupt && error?.message.contains("no part of a backup") == true)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: directory.path).sorted()
        == ["backup.tar", "state"])
  }

  /// A list as long as the archive, or a million empty files, would take memory and time for nothing.
  @Test func aBackupOfAbsurdSizeIsRefused() async throws {
    func archive(_ names: [String], manifest: Int) -> [UInt8] {
      var bytes = names.reduce(into: [UInt8]()) {
        $0 += TarHeader(name: $1, byteCount: 0, modified: 0).encoded
      }
      bytes += TarHeader(name: BackupManifest.name, byteCount: manifest, modified: 0).encoded
      return bytes + [UInt8](repeating: 0, count: manifest) + TarHeader.end
    }
    for absurd in [
      archive([], manifest: 257 << 10), archive((0..<1_025).map { "\($0).hark" }, manifest: 512),
    ] {
      let error = await #expect(throws: HarkError.self) {
        try await Self.restore(absurd, try TemporaryDirectory())
      }
      #expect(error?.message.contains("no part of a backup") == true)
    }
  }
}
