import Catalogue
import Core
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Library

/// Root restores and repairs what the service's user must be able to open afterwards.
@Suite(.enabled(if: geteuid() == 0, "needs root, to give a folder to another user"))
struct StateOwnerTests {
  private static let user = 12_345

  /// A library of some recordings in a directory that belongs to another user.
  private static func library() async throws -> LibraryFixture {
    let fixture = try await LibraryFixture()
    try await fixture.add(
      (0..<3).map { "/music/\($0).wav" }, (0..<3).map { fixture.analysis(UInt64($0) + 1) })
    return fixture
  }

  private static func give(_ place: URL) throws {
    try FileManager.default.setAttributes(
      [.ownerAccountID: user, .groupOwnerAccountID: user], ofItemAtPath: place.path)
  }

  /// Whose what lies in the directory is, by name; links themselves, not what they lead to.
  private static func owners(in place: URL) throws -> [String: Int] {
    var owners: [String: Int] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: place.path) {
      var status = stat()
      try #require(lstat(place.appendingPathComponent(name).path, &status) == 0)
      owners[name] = status.st_uid == status.st_gid ? Int(status.st_uid) : -1
    }
    return owners
  }

  @Test func whatRootRestoresIsTheOwners() async throws {
    let fixture = try await Self.library()
    let backup = try await fixture.recorder.openBackup(
      StateCopying(catalogue: fixture.catalogue, directory: FilePath(fixture.directory.path)))
    var archive: [UInt8] = []
    try await backup.forEachPiece { archive += $0 }
    let directory = try TemporaryDirectory()
    try Data(archive).write(to: directory("backup.tar"))
    let state = directory("state")
    try FileManager.default.createDirectory(at: state, withIntermediateDirectories: true)
    try Self.give(state)

    // One that fails makes the lock all the same.
    try Data(archive.prefix(archive.count / 2)).write(to: directory("half.tar"))
    await #expect(throws: HarkError.self) {
      try await StateRestore(path: FilePath(state.path)).run(
        from: FilePath(directory("half.tar").path))
    }
    #expect(try Self.owners(in: state) == ["LOCK": Self.user, "model-copies": Self.user])

    _ = try await StateRestore(path: FilePath(state.path)).run(
      from: FilePath(directory("backup.tar").path))
    let owners = try Self.owners(in: state)
    #expect(owners.keys.contains("catalogue.sqlite") && owners.count >= 5, "\(owners)")
    #expect(owners.values.allSatisfy { $0 == Self.user }, "\(owners)")
  }

  @Test func whatRootRepairsIsTheOwners() async throws {
    let fixture = try await Self.library()
    try fixture.catalogue.close()
    let state = fixture.directory.url
    let copies = state.appendingPathComponent("model-copies")
    try FileManager.default.createDirectory(at: copies, withIntermediateDirectories: true)
    try Data("m".utf8).write(to: copies.appendingPathComponent("m.safetensors"))
    try Self.give(state)
    // It cannot be read, so another one is made beside it.
    try Data("no catalogue".utf8).write(to: state.appendingPathComponent("catalogue.sqlite"))
    let report = try await StateRepair(path: FilePath(state.path)).run()
    #expect(!report.actions.isEmpty)
    let owners = try Self.owners(in: state)
    #expect(owners.keys.contains("catalogue.sqlite.damaged-1"), "\(owners)")
    #expect(owners.values.allSatisfy { $0 == Self.user }, "\(owners)")
  }

  /// The directory's owner may have put another user's file there, under a name of ours.
  @Test func nothingElseChangesHands() throws {
    let directory = try TemporaryDirectory()
    let secret = directory("secret")
    try Data("s".utf8).write(to: secret)
    let state = directory("state")
    try FileManager.default.createDirectory(at: state, withIntermediateDirectories: true)
    let link = state.appendingPathComponent("a.hark")
    try FileManager.default.createSymbolicLink(at: link, withDestinationURL: secret)
    try FileManager.default.createSymbolicLink(
      at: state.appendingPathComponent("model-copies"), withDestinationURL: directory.url)
    try FileManager.default.linkItem(at: secret, to: state.appendingPathComponent("b.hark"))
    try Data("n".utf8).write(to: state.appendingPathComponent("notes"))
    try Data("n".utf8).write(to: state.appendingPathComponent("c.hark"))
    try Self.give(state)
    try StateOwner.handOver(FilePath(state.path))
    let owners = try Self.owners(in: state)
    #expect(
      owners == ["a.hark": 0, "b.hark": 0, "c.hark": Self.user, "model-copies": 0, "notes": 0])
    #expect(try Self.owners(in: directory.url)["secret"] == 0)
  }
}
