import Foundation
import TestSupport
import Testing

@testable import Command

@Suite struct TextWidthTests {
  @Test(arguments: [
    ("", 0), ("abc", 3), ("Käse", 4), ("e\u{301}", 1), ("日本語", 6), ("ｱ", 1), ("Ａ", 2), ("한글", 4),
    ("\u{1112}\u{1161}\u{11ab}", 2), ("🎵", 2), ("👩‍👩‍👧‍👦", 2), ("🇩🇪", 2), ("❤️", 2), ("❤", 1),
    ("👍🏽", 2), ("–", 1), ("…", 1), ("\u{200b}", 0), ("الموسيقى", 8), ("ไม้", 2), ("〇", 2), ("　", 2),
    ("1️⃣", 2),
  ])
  func columns(_ text: String, _ expected: Int) {
    #expect(TextWidth.columns(text) == expected)
  }

  /// Against Python's wcwidth, scalar by scalar, around every boundary of our table.
  @Test func agreesWithWcwidth() throws {
    let script = """
      import sys, unicodedata
      try:
          import wcwidth
      except ImportError:
          sys.exit(3)
      # Unicode 16 made hexagrams wide; an older table is no judge.
      if [int(n) for n in wcwidth.list_versions()[-1].split(".")] < [16]:
          sys.exit(3)
      blocks = [(0x20, 0x400), (0x5b0, 0x5d0), (0x1100, 0x1210), (0x2300, 0x3260),
                (0x4db0, 0x4e10), (0xa480, 0xa4e0), (0xa950, 0xa990), (0xabf0, 0xac10),
                (0xd790, 0xd800), (0xf8f0, 0xfb10), (0xfe00, 0x10000), (0x16fd0, 0x17010),
                (0x18cc0, 0x18d20), (0x1afe0, 0x1b310), (0x1f000, 0x1fb10), (0x2fff0, 0x30010)]
      for c in (c for a, b in blocks for c in range(a, b)):
          # Terminals differ over spacing marks; unassigned and private scalars belong to nobody.
          if unicodedata.category(chr(c)) in ('Cn', 'Co', 'Cs', 'Cc', 'Cf', 'Mc'):
              continue
          print(c, wcwidth.wcwidth(chr(c)))
      """
    guard let text = try Python.run(script) else { return }
    var differences: [String] = []
    for line in text.split(separator: "\n") {
      let fields = line.split(separator: " ")
      guard let value = UInt32(fields[0]), let scalar = Unicode.Scalar(value),
        let expected = Int(fields[1]), expected >= 0
      else { continue }
      let columns = TextWidth.columns(Character(scalar))
      if columns != expected { differences.append("U+\(String(value, radix: 16)): \(columns)") }
    }
    #expect(differences.isEmpty, "\(differences)")
  }

  @Test func truncationKeepsTheWidth() {
    #expect(TextWidth.truncateEnd("abcdef", to: 6) == "abcdef")
    #expect(TextWidth.truncateEnd("abcdefg", to: 6) == "abcde…")
    #expect(TextWidth.truncateEnd("日本語", to: 4) == "日…")
    #expect(TextWidth.truncateMiddle("/music/artist/album/song.flac", to: 16) == "/musi…/song.flac")
    #expect(TextWidth.truncateMiddle("abc", to: 0) == "")
    var random = SplitMix64(seed: 3)
    let pieces = ["a", "日", "🎵", "é", "e\u{301}", "/", "한"]
    for _ in 0..<500 {
      let text = (0..<Int.random(in: 0...30, using: &random))
        .map { _ in pieces[Int.random(in: 0..<pieces.count, using: &random)] }.joined()
      let limit = Int.random(in: 0...25, using: &random)
      #expect(TextWidth.columns(TextWidth.truncateEnd(text, to: limit)) <= limit)
      #expect(TextWidth.columns(TextWidth.truncateMiddle(text, to: limit)) <= limit)
    }
  }
}

@Suite struct TableTests {
  private func table() -> Table {
    var table = Table([
      Table.Column(title: "#", alignment: .right), Table.Column(title: "GONE"),
      Table.Column(title: "TITLE", fit: .end), Table.Column(title: "FILE", fit: .middle),
    ])
    table.append(["1", "", "日本の歌", "/music/a/very/long/path/to/song.flac"])
    table.append(["10", "", "Short", "/music/b.ogg"])
    return table
  }

  @Test func aPipeIsNotCut() {
    #expect(
      table().lines(width: nil) == [
        " #  TITLE     FILE",
        " 1  日本の歌  /music/a/very/long/path/to/song.flac",
        "10  Short     /music/b.ogg",
      ])
  }

  @Test(arguments: [20, 24, 30, 40, 50, 60, 80])
  func aTerminalsWidthIsKept(_ width: Int) {
    for line in table().lines(width: width) {
      // Two whole columns and two of the least width a flexible column takes.
      #expect(TextWidth.columns(line) <= max(width, 22))
    }
  }

  @Test func theWidestColumnGivesWay() {
    #expect(
      table().lines(width: 32) == [
        " #  TITLE     FILE", " 1  日本の歌  /musi…to/song.flac", "10  Short     /music/b.ogg",
      ])
  }
}

@Suite struct TerminalTests {
  @Test func theEnvironmentDecidesOverStylesAndWidth() {
    func terminal(_ isTerminal: Bool, _ width: Int?, _ environment: [String: String]) -> Terminal {
      Terminal(
        isTerminal: isTerminal, reportedWidth: width, environment: { environment[$0] })
    }
    #expect(terminal(true, 120, [:]).width == 120)
    #expect(terminal(true, nil, [:]).width == 80)
    #expect(terminal(true, 0, [:]).width == 80)
    #expect(terminal(true, 120, ["COLUMNS": "60"]).width == 60)
    #expect(terminal(true, 120, ["COLUMNS": "x"]).width == 120)
    #expect(terminal(false, nil, [:]).width == nil)
    #expect(terminal(true, 80, [:]).isStyled)
    #expect(!terminal(true, 80, ["NO_COLOR": "1"]).isStyled)
    #expect(terminal(true, 80, ["NO_COLOR": ""]).isStyled)
    #expect(!terminal(true, 80, ["TERM": "dumb"]).isStyled)
    #expect(!terminal(false, nil, [:]).isStyled)
  }
}
