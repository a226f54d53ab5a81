import Core
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Library

@Suite struct StateDirectoryTests {
  @Test func oneDaemonOwnsADirectory() throws {
    let directory = try TemporaryDirectory()
    let path = FilePath(directory("a/b/state").path)
    let first = try StateDirectory(path: path)
    do {
      _ = try StateDirectory(path: path)
      Issue.record("two owners")
    } catch {
      #expect(error.code == .locked)
      #expect(error.message.contains("\(ProcessInfo.processInfo.processIdentifier)"))
    }
    let attributes = try FileManager.default.attributesOfItem(atPath: path.string)
    #expect(attributes[.posixPermissions] as? Int == 0o700)
    withExtendedLifetime(first) {}
  }

  @Test func theNextDaemonMayHaveItWhenTheFirstIsGone() throws {
    let directory = try TemporaryDirectory()
    let path = FilePath(directory.path)
    _ = try StateDirectory(path: path)
    _ = try StateDirectory(path: path)
  }

  @Test func aPathThatIsAFileIsRefused() throws {
    let directory = try TemporaryDirectory()
    try Data("x".utf8).write(to: directory("file"))
    #expect(throws: HarkError.self) {
      try StateDirectory(path: FilePath(directory("file/state").path))
    }
  }

  @Test func aDamagedRowIsFoundByACheck() async throws {
    let fixture = try await LibraryFixture()
    try await fixture.add(["/m/1"], [fixture.analysis(1)])
    let state = FilePath(fixture.directory.path)
    #expect(try await StateCheck(path: state).run().problems.isEmpty)
    let name = try #require(
      try FileManager.default.contentsOfDirectory(atPath: state.string).first {
        $0.hasPrefix("segments-")
      })
    let handle = try FileHandle(forUpdating: fixture.directory(name))
    try handle.seek(toOffset: 4096 + 130)
    let byte = try #require(try handle.read(upToCount: 1))
    try handle.seek(toOffset: 4096 + 130)
    try handle.write(contentsOf: [byte[0] ^ 1])
    try handle.close()
    #expect(try await StateCheck(path: state).run().problems.count == 1)
  }
}
