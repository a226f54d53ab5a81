import Core
import Foundation
import TestSupport
import Testing

/// A file of nothing but tags would be read ten thousand times over.
@Suite struct TagLimitTests {
  @Test func aFewTagsAreSkippedAndNoMore() throws {
    let tag = Data("ID3".utf8) + Data([4, 0, 0, 0, 0, 0, 0])
    let audio = WAV.tone(440, seconds: 0.5)
    func tagged(_ count: Int) -> Data {
      (0..<count).reduce(into: Data()) { data, _ in data += tag } + audio
    }
    #expect(try decode(tagged(16)).facts.frames == 8_000)
    #expect(analysisFailure(of: tagged(17))?.code == .notAudio)
  }
}
