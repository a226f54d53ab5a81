import Foundation
import Testing

/// The manifest of the sample library tells the truth about the files beside it.
@Suite struct SampleLibraryTests {
  private struct Row {
    let file: String
    let codec: String
  }

  /// Rows of the manifest; only `what`, the second column, may be quoted and hold a comma.
  private static func rows() throws -> [Row] {
    let lines = try Repository.lines("Audio/MANIFEST.csv").filter { !$0.isEmpty }
    #expect(lines.first == "file,what,made,rate,channels,codec,seconds,group")
    return try lines.dropFirst().map { line in
      let plain = line.replacing(/"[^"]*"/, with: "quoted").split(separator: ",")
      try #require(plain.count == 8, "\(line)")
      return Row(file: String(plain[0]), codec: String(plain[5]))
    }
  }

  private static func data(_ file: String) throws -> Data {
    try Data(contentsOf: Repository.root.appendingPathComponent("Audio/\(file)"))
  }

  @Test func manifestNamesExactlyTheFiles() throws {
    let named = Set(try Self.rows().map(\.file))
    let present = Repository.files.filter { $0.hasPrefix("Audio/") }.map { $0.dropFirst(6) }
      .filter { $0.contains("/") }.map(String.init)
    #expect(named == Set(present))
    #expect((30...60).contains(named.count))
  }

  @Test func libraryIsSmall() throws {
    let total = try Self.rows().reduce(0) { try $0 + Self.data($1.file).count }
    #expect(total < 12_000_000)
  }

  @Test func contentIsWhatTheManifestSays() throws {
    for row in try Self.rows() {
      let head = try Self.data(row.file).prefix(64)
      let text = String(decoding: head, as: Unicode.ASCII.self)
      let isRight =
        switch row.codec {
        case "PCM": text.hasPrefix("RIFF") || text.hasPrefix("FORM")
        case "FLAC": text.hasPrefix("fLaC")
        case "Vorbis": text.hasPrefix("OggS") && text.contains("vorbis")
        case "Opus": text.hasPrefix("OggS") && text.contains("OpusHead")
        case "MP3": text.hasPrefix("ID3")
        default: false
        }
      #expect(isRight, "\(row.file) is not \(row.codec)")
    }
  }

  /// Two files, one recording: the bytes differ, the FLAC stream's own MD5 of the samples does not.
  @Test func retaggedCopyHoldsTheSameSamples() throws {
    let original = try Self.data("instruments/guitar-folk.flac")
    let copy = try Self.data("instruments/guitar-folk-retagged.flac")
    #expect(original != copy)
    // STREAMINFO follows the 4-byte magic and a 4-byte block header; its last 16 bytes are the MD5.
    #expect(original[26..<42] == copy[26..<42])
  }
}
