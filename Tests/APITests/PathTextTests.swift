import API
import Core
import SystemPackage
import TestSupport
import Testing

@Suite struct PathTextTests {
  @Test func aPathThatIsTextStaysAsItIs() {
    for text in ["/a", "/a\\b", "/new\nline", "/größe/🎵.wav"] {
      let path = PathText(FilePath(text))
      #expect(path.text == text)
      #expect(path.base64 == nil)
      #expect(path.path == FilePath(text))
    }
  }

  @Test func bytesThatAreNotTextTravelBesideTheirEscapedForm() {
    let path = PathText(FilePath(bytes: [0x2f, 0x61, 0xff, 0x0a]))
    #expect(path.text == #"/a\xff\n"#)
    #expect(path.base64 == "L2H/Cg==")
  }

  @Test func anyPathSurvives() {
    var random = SplitMix64(seed: 4)
    for _ in 0..<500 {
      let bytes = [0x2f] + (0..<20).map { _ in UInt8.random(in: 1...255, using: &random) }
      let path = FilePath(bytes: bytes)
      #expect(PathText(path).path == path)
      #expect(PathText.path(base64: PathText.base64(path)) == path)
    }
  }

  @Test(arguments: ["", "?", "L2E", "AA==", "L2EA"]) func whatIsNoPathIsRefused(_ text: String) {
    #expect(PathText.path(base64: text) == nil)
  }

  @Test func resultsListEveryPathsBytesAsSoonAsOneIsNotText() throws {
    let odd = FilePath(bytes: [0x2f, 0xff])
    let id = try #require(RecordingID(String(repeating: "ab", count: 32)))
    func result(_ paths: [FilePath]) -> Wire.SimilarResult {
      Wire.SimilarResult(
        path: paths[0], paths: paths, id: id, score: 1, range: nil, duration: 1,
        metadata: Metadata())
    }
    #expect(result(["/a", "/b"]).pathsBase64 == nil)
    #expect(result(["/a", "/b"]).filePaths == ["/a", "/b"])
    let mixed = result(["/a", odd])
    #expect(mixed.paths == ["/a", #"/\xff"#])
    #expect(mixed.pathsBase64?.count == 2)
    #expect(mixed.filePaths == ["/a", odd])
    let bytes = try WireJSON.encode(mixed)
    #expect(try WireJSON.decode(Wire.SimilarResult.self, from: bytes) == mixed)
  }
}
