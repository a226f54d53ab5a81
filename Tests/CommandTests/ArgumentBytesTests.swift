import ArgumentParser
import Core
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Command

@Suite struct ArgumentBytesTests {
  @Test func validTextStaysAsItIs() {
    for text in ["", "song.flac", "Käse/日本語/🎵.ogg", "--from=1:32", "e\u{301}"] {
      #expect(ArgumentBytes.text(Array(text.utf8)) == text)
      #expect(ArgumentBytes.bytes(of: text) == Array(text.utf8))
    }
  }

  @Test func everySequenceOfBytesComesBack() {
    var random = SplitMix64(seed: 7)
    for _ in 0..<2000 {
      let bytes = (0..<Int.random(in: 0...40, using: &random)).map { _ in
        UInt8.random(in: 1...255, using: &random)
      }
      #expect(ArgumentBytes.bytes(of: ArgumentBytes.text(bytes)) == bytes)
    }
  }

  /// What stands for bytes may itself stand in a file's name.
  @Test func standInsThatAreReallyThereComeBack() throws {
    let scalar = try #require(Unicode.Scalar(0x10_feff as UInt32))
    let bytes = Array("a\(scalar)b".utf8) + [0xff]
    #expect(ArgumentBytes.bytes(of: ArgumentBytes.text(bytes)) == bytes)
  }

  @Test func optionsWithInvalidBytesParse() async throws {
    let bytes = Array("--under=".utf8) + [0x2f, 0xff, 0xfe] + Array("x y".utf8)
    let parsed = try await HarkCommand.asyncParseAsRoot(["list", ArgumentBytes.text(bytes)])
    let list = try #require(parsed as? ListCommand)
    #expect(list.under?.path.bytes == Array(bytes.dropFirst(8)))
  }

  @Test func messagesShowInvalidBytesEscaped() {
    #expect(ArgumentBytes.escaped(ArgumentBytes.text([0x61, 0xff, 0x62])) == "a\\xffb")
  }
}
