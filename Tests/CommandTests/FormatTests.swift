import API
import Core
import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Command

@Suite struct FormatTests {
  @Test func durations() {
    #expect(Format.duration(0) == "0:00")
    #expect(Format.duration(59.6) == "1:00")
    #expect(Format.duration(243.2) == "4:03")
    #expect(Format.duration(3723) == "1:02:03")
    #expect(Format.duration(.nan) == "0:00")
    #expect(Format.moment(92.04) == "1:32.0")
    #expect(Format.moment(59.96) == "1:00.0")
    #expect(Format.moment(3599.96) == "1:00:00.0")
    #expect(Format.span(90) == "90 s")
    #expect(Format.span(3600) == "60 min")
    #expect(Format.span(36_000) == "10.0 h")
    #expect(Format.span(1_000_000) == "11.6 days")
  }

  @Test func numbers() {
    #expect(Format.integer(0) == "0")
    #expect(Format.integer(999) == "999")
    #expect(Format.integer(1000) == "1,000")
    #expect(Format.integer(-1_234_567) == "-1,234,567")
    #expect(Format.count(1, "file") == "1 file")
    #expect(Format.count(1200, "file") == "1,200 files")
    #expect(Format.bytes(999) == "999 bytes")
    #expect(Format.bytes(1_234_000) == "1.2 MB")
    #expect(Format.fixed(-0.0004, 3) == "0.000")
    #expect(Format.fixed(-0.5, 3) == "-0.500")
    #expect(Format.fixed(0.9996, 3) == "1.000")
  }

  @Test func fixedAgreesWithC() {
    var random = SplitMix64(seed: 11)
    for _ in 0..<1000 {
      let value = Double(random.unit() * 2 - 1) * 1000
      let expected = String(format: "%.3f", value)
      #expect(Format.fixed(value, 3) == (expected == "-0.000" ? "0.000" : expected))
    }
  }

  @Test func percentEncoding() {
    #expect(PercentEncoding.value("a/b c~é".utf8) == "a%2Fb%20c~%C3%A9")
    #expect(PercentEncoding.path([0x2f, 0x61, 0xff]) == "/a%FF")
  }
}

@Suite struct PlaylistTests {
  @Test func entriesAreReadableByPlayers() throws {
    let entry = Playlist.Entry(
      path: "/music/a b.flac", duration: 243.4, title: "Song\nTwo", artist: "Someone", range: nil)
    #expect(
      String(decoding: Playlist.lines(entry), as: UTF8.self)
        == "#EXTINF:243,Someone - Song Two\n/music/a b.flac\n")
    let moment = Playlist.Entry(
      path: "/m/日本.ogg", duration: nil, title: nil, artist: nil,
      range: try TimeRange(from: 92.16, to: 105.6))
    #expect(
      String(decoding: Playlist.lines(moment), as: UTF8.self) == """
        #EXTINF:-1,日本.ogg
        #EXTVLCOPT:start-time=92.16
        #EXTVLCOPT:stop-time=105.60
        /m/日本.ogg

        """)
  }

  @Test func aLengthThatIsNoNumberOfSecondsIsUnknown() {
    for duration in [1e300, -1e300] {
      let entry = Playlist.Entry(path: "/m/a.ogg", duration: duration)
      #expect(String(decoding: Playlist.lines(entry), as: UTF8.self).hasPrefix("#EXTINF:-1,"))
    }
  }

  /// A path with a line break must not become two entries.
  @Test func pathsThatNoLineHoldsBecomeURIs() {
    for (path, line) in [
      ([0x2f, 0x61, 0x0a, 0x62] as [UInt8], "file:///a%0Ab"), ([0x2f, 0x61, 0x20], "file:///a%20"),
    ] {
      let entry = Playlist.Entry(path: FilePath(bytes: path), duration: 1)
      let lines = String(decoding: Playlist.lines(entry), as: UTF8.self).split(separator: "\n")
      #expect(lines.count == 2)
      #expect(lines.last.map(String.init) == line)
    }
  }

  @Test func bytesThatAreNoTextStay() {
    let path: [UInt8] = [0x2f, 0xff, 0xfe]
    let lines = Playlist.lines(Playlist.Entry(path: FilePath(bytes: path), duration: 1))
    #expect(lines.suffix(4) == path + [0x0a])
  }
}

@Suite struct ProgressTests {
  @Test func theRateIsOfTheLastHalfMinute() {
    var estimate = ProgressEstimate()
    #expect(estimate.rate == nil)
    estimate.add(done: 10, at: 0)
    #expect(estimate.rate == nil)
    estimate.add(done: 10, at: 5)
    #expect(estimate.rate == nil)
    for second in 6...100 {
      estimate.add(done: second < 60 ? 10 : 10 + (second - 59) * 4, at: Double(second))
    }
    // Only the steady part is left in the window.
    #expect(abs((estimate.rate ?? 0) - 4) < 1e-9)
    #expect(abs((estimate.timeLeft(for: 40) ?? 0) - 10) < 1e-9)
    #expect(estimate.timeLeft(for: 0) == 0)
    estimate.add(done: 3, at: 101)
    #expect(estimate.rate == nil)
  }

  @Test(arguments: [10, 20, 40, 80, 200])
  func theBarFits(_ width: Int) {
    for done in [0, 1, 617, 1234] {
      let line = ProgressBar.line(
        "analysing", done: done, total: 1234, rate: 12.34, timeLeft: 90, width: width)
      #expect(TextWidth.columns(line) < width)
    }
    let line = ProgressBar.line(
      "analysing", done: 617, total: 1234, rate: nil, timeLeft: nil, width: 60)
    #expect(line == "analysing [==================>                  ] 617/1,234")
  }
}
