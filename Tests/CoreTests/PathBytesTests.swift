import Core
import SystemPackage
import TestSupport
import Testing

@Suite struct PathBytesTests {
  @Test func bytesComeBackUnchanged() {
    var random = SplitMix64(seed: 1)
    for _ in 0..<500 {
      let bytes = (0..<Int(random.next() % 40 + 1)).map { _ in
        UInt8(random.next() % 255 + 1)
      }
      let path = FilePath(bytes: [0x2f, 0x61] + bytes.filter { $0 != 0x2f })
      #expect(FilePath(bytes: path.bytes) == path)
      #expect(path.bytes == [0x2f, 0x61] + bytes.filter { $0 != 0x2f })
    }
  }

  @Test(
    arguments: [
      ([0x61, 0x0a, 0x62], "a\\nb"), ([0xff], "\\xff"), ([0x5c], "\\\\"), ([0xc3, 0xa9], "é"),
      ([0xf0, 0x9f, 0x8e, 0xb5], "🎵"), ([0xe2, 0x80, 0xae], "\\xe2\\x80\\xae"), ([0x1b], "\\x1b"),
      ([0xc3], "\\xc3"), ([0xed, 0xa0, 0x80], "\\xed\\xa0\\x80"),
      ([0xf0, 0x9f, 0x91, 0xa9, 0xe2, 0x80, 0x8d, 0xf0, 0x9f, 0x92, 0xbb], "👩\u{200d}💻"),
    ] as [([UInt8], String)])
  func namesAreShownOnOneLine(bytes: [UInt8], text: String) {
    #expect(FilePath(bytes: bytes).escaped == text)
  }

  @Test func aFolderHoldsOnlyWhatIsBelowIt() {
    #expect(FilePath("/a/b/c").isAtOrBelow("/a/b"))
    #expect(FilePath("/a/b").isAtOrBelow("/a/b"))
    #expect(!FilePath("/a/bc").isAtOrBelow("/a/b"))
    #expect(!FilePath("/a/b").isAtOrBelow(""))
  }
}
