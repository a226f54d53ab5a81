import Foundation
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Server

@Suite struct JournalSocketTests {
  /// A datagram socket in place of the journal's.
  private func journal(_ directory: TemporaryDirectory) throws -> (path: FilePath, number: Int32) {
    let path = FilePath(directory("journal").path)
    let number = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    try #require(try UnixAddress(path).withSockaddr { bind(number, $0, $1) } == 0)
    return (path, number)
  }

  @Test func fieldsArriveInTheNativeProtocol() throws {
    let directory = try TemporaryDirectory()
    let (path, number) = try journal(directory)
    defer { close(number) }
    let sender = try #require(JournalSocket(path: path))
    #expect(sender.send([("MESSAGE", "one"), ("HARK_FILE", "a\nb")]))
    var buffer = [UInt8](repeating: 0, count: 1_024)
    let count = recv(number, &buffer, buffer.count, Int32(MSG_DONTWAIT))
    let expected =
      Array("MESSAGE=one\nHARK_FILE\n".utf8) + [3, 0, 0, 0, 0, 0, 0, 0] + Array("a\nb\n".utf8)
    #expect(Array(buffer.prefix(max(0, count))) == expected)
  }

  @Test func whatTheJournalCannotTakeIsSaid() throws {
    let directory = try TemporaryDirectory()
    let (path, number) = try journal(directory)
    let sender = try #require(JournalSocket(path: path))
    #expect(!sender.send([("MESSAGE", String(repeating: "x", count: 64 << 20))]))
    // Nobody reads: it fails instead of waiting.
    var sent = 0
    while sent < 100_000, sender.send([("MESSAGE", "again")]) { sent += 1 }
    #expect(sent < 100_000)
    close(number)
    #expect(!sender.send([("MESSAGE", "too late")]))
  }

  @Test func onlyWhereStandardErrorIsTheJournal() throws {
    let directory = try TemporaryDirectory()
    let (path, number) = try journal(directory)
    defer { close(number) }
    var status = stat()
    fstat(STDERR_FILENO, &status)
    let stream = "\(status.st_dev):\(status.st_ino)"
    #expect(JournalSocket(environment: ["JOURNAL_STREAM": stream], path: path) != nil)
    #expect(JournalSocket(environment: ["JOURNAL_STREAM": "1:1"], path: path) == nil)
    #expect(JournalSocket(environment: [:], path: path) == nil)
    let nowhere = FilePath(directory("nowhere").path)
    #expect(JournalSocket(environment: ["JOURNAL_STREAM": stream], path: nowhere) == nil)
  }
}
