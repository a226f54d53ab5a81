import ArgumentParser
import Core
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Command

@Suite struct PathArgumentTests {
  @Test func relativePathsBecomeAbsoluteByTheirLetters() throws {
    let argument = try #require(PathArgument(argument: "../b/./c.flac"))
    #expect(argument.absolute(workingDirectory: "/music/a") == "/music/b/c.flac")
    let absolute = try #require(PathArgument(argument: "/x/../y.flac"))
    #expect(absolute.absolute(workingDirectory: "/music") == "/y.flac")
  }

  @Test func realPathsComeFirst() throws {
    let directory = try TemporaryDirectory()
    let real = FilePath(directory("real").path)
    let link = FilePath(directory("link").path)
    try FileManager.default.createDirectory(
      atPath: real.string, withIntermediateDirectories: true)
    try FileManager.default.createSymbolicLink(
      atPath: link.string, withDestinationPath: real.string)
    let file = real.appending("a.wav")
    #expect(FileManager.default.createFile(atPath: file.string, contents: nil))
    #expect(
      PathArgument(link.appending("a.wav")).candidates() == [file, link.appending("a.wav")])
    // A file that is gone is still reached through the link to its directory.
    #expect(
      PathArgument(link.appending("gone.wav")).candidates()
        == [real.appending("gone.wav"), link.appending("gone.wav")])
  }

  @Test func anIdIsARecordingUnlessItIsWrittenAsAPath() throws {
    let digits = String(repeating: "0123456789abcdef", count: 4)
    let id = try #require(RecordingID(digits))
    #expect(SeedArgument(argument: digits) == .recording(id))
    #expect(SeedArgument(argument: "./" + digits) == .file(PathArgument(FilePath("./" + digits))))
    #expect(SeedArgument(argument: "") == nil)
  }
}

@Suite struct TimeArgumentTests {
  @Test(arguments: [
    ("92", 92), ("92.5", 92.5), ("0", 0), ("1:32", 92), ("1:32.25", 92.25), ("01:02:03.5", 3723.5),
    ("90:00", 5400), ("0:05", 5), ("100:00:00", 360_000),
  ])
  func accepted(_ text: String, _ seconds: Double) {
    #expect(TimeArgument(argument: text)?.seconds == seconds)
  }

  @Test(arguments: [
    "", "-1", "1:75", "1:60", "1:61:00", "a", "1:", ":5", "1:2:3:4", "1e3", "inf", "nan", "1.",
    ".5",
    "0x10", "1,5", "٣", " 1", "1:2.5:3", "99999999999:00",
  ])
  func refused(_ text: String) {
    #expect(TimeArgument(argument: text) == nil)
  }
}

@Suite struct SimilarArgumentTests {
  /// What follows the one value of an option is a seed again.
  @Test func unlikeTakesOneValueAndItsHelpSaysSo() throws {
    let command = try #require(
      try HarkCommand.parseAsRoot(["similar", "a", "--unlike", "b", "c", "--unlike", "d"])
        as? SimilarCommand)
    let named = (["a", "b", "c", "d"] as [FilePath]).map { SeedArgument.file(PathArgument($0)) }
    #expect(command.seeds == [named[0], named[2]])
    #expect(command.unlike == [named[1], named[3]])
    let help = HarkCommand.helpMessage(for: SimilarCommand.self, columns: 200)
    let words = help.split(whereSeparator: \.isWhitespace).joined(separator: " ")
    #expect(words.contains("takes one, and is given once for each"), "\(help)")
  }
}
