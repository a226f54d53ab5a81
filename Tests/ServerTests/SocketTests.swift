import Core
import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Server

@Suite struct SocketTests {
  private func mode(_ path: FilePath) -> mode_t {
    var status = stat()
    return path.withPlatformString({ lstat($0, &status) }) == 0 ? status.st_mode : 0
  }

  @Test func aSocketIsForOwnerAndGroupAndGoesWhenReleased() throws {
    let directory = try TemporaryDirectory()
    let path = FilePath(directory("new/s").path)
    let listener = try SocketListener(path: path)
    #expect(mode(path) == S_IFSOCK | 0o660)
    #expect(throws: Never.self) { _ = try RawConnection(path.string) }
    listener.discard()
    #expect(mode(path) == 0)
  }

  @Test func modeAndGroupCanBeChosen() throws {
    let directory = try TemporaryDirectory()
    let path = FilePath(directory("s").path)
    let listener = try SocketListener(
      path: path, mode: .ownerReadWrite, group: UInt32(getegid()))
    #expect(mode(path) == S_IFSOCK | 0o600)
    listener.discard()
  }

  @Test func aSecondDaemonIsRefusedAndTheFirstGoesOn() async throws {
    try await RunningServer.run { server in
      let error = #expect(throws: HarkError.self) {
        _ = try SocketListener(path: FilePath(server.socket))
      }
      #expect(error?.code == .locked)
      #expect(error?.message.contains("process \(getpid())") == true)
      let answer = try await server.get("/v1/status")
      #expect(answer.status == 200)
    }
  }

  @Test func aStaleSocketIsReplaced() throws {
    let directory = try TemporaryDirectory()
    let path = FilePath(directory("s").path)
    let first = try SocketListener(path: path)
    // As after kill -9: the descriptors are closed, the path stays.
    try first.descriptor.close()
    let stale = FilePath(directory("old").path)
    #expect(rename(path.string, stale.string) == 0)
    first.release()
    #expect(rename(stale.string, path.string) == 0)
    let second = try SocketListener(path: path)
    #expect(throws: Never.self) { _ = try RawConnection(path.string) }
    second.discard()
  }

  @Test func aLivingSocketWithoutALockIsLeftAlone() throws {
    let directory = try TemporaryDirectory()
    let path = FilePath(directory("s").path)
    let first = try SocketListener(path: path)
    try FileManager.default.removeItem(atPath: path.string + ".lock")
    let error = #expect(throws: HarkError.self) { _ = try SocketListener(path: path) }
    #expect(error?.code == .locked)
    #expect(throws: Never.self) { _ = try RawConnection(path.string) }
    first.discard()
  }

  @Test func onlyWhatWasMadeIsRemoved() throws {
    let directory = try TemporaryDirectory()
    let path = FilePath(directory("s").path)
    let listener = try SocketListener(path: path)
    try FileManager.default.removeItem(atPath: path.string)
    try Data("mine".utf8).write(to: directory("s"))
    listener.discard()
    #expect(try Data(contentsOf: directory("s")) == Data("mine".utf8))
    // And a file that is no socket is never replaced either.
    let error = #expect(throws: HarkError.self) { _ = try SocketListener(path: path) }
    #expect(error?.code == .invalidArgument && error?.remedy != nil)
    #expect(try Data(contentsOf: directory("s")) == Data("mine".utf8))
  }

  @Test func aPathThatIsTooLongIsRefusedInPlainWords() throws {
    let directory = try TemporaryDirectory()
    let path = FilePath(directory(String(repeating: "x", count: 108)).path)
    let error = #expect(throws: HarkError.self) { _ = try SocketListener(path: path) }
    #expect(error?.code == .invalidArgument)
    #expect(error?.message.contains("107") == true && error?.remedy != nil)
    let name = String(repeating: "x", count: 107 - directory.path.utf8.count - 1)
    let longest = try SocketListener(path: FilePath(directory(name).path))
    #expect(throws: Never.self) { _ = try RawConnection(directory(name).path) }
    longest.discard()
  }

  @Test func aDirectoryThatCannotBeWrittenIsNamed() throws {
    let error = #expect(throws: HarkError.self) {
      _ = try SocketListener(path: "/proc/nowhere/s")
    }
    #expect(error?.message.contains("/proc/nowhere") == true)
  }
}
