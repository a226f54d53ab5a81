import Core
import Testing

@testable import Workers

/// A worker that was taken over says what it likes: nothing of it may end the daemon.
@Suite struct ProtocolLimitTests {
  private static func refuses(_ message: Message) -> Bool {
    do {
      _ = try Message.decode(message.encoded())
      return false
    } catch { return true }
  }

  private static func done(_ change: (inout AudioFacts) -> Void) throws -> Message {
    var facts = AudioFacts(
      duration: 1e9, sampleRate: 1, channels: 1, frames: 1, container: "", codec: "", peak: 0,
      loudness: nil, silenceShare: 0)
    change(&facts)
    let hash = try #require(ContentHash(bytes: [UInt8](repeating: 9, count: 32)))
    return .done(
      .init(recording: RecordingID(hash), facts: facts, metadata: Metadata(), decoder: "d"))
  }

  /// Seconds become whole numbers in messages and playlists.
  @Test func timesHaveALimit() throws {
    #expect(!Self.refuses(.progress(seconds: 1e9)))
    #expect(!Self.refuses(try Self.done { _ in }))
    #expect(Self.refuses(.progress(seconds: 1.1e9)) && Self.refuses(.progress(seconds: 1e300)))
    #expect(Self.refuses(try Self.done { $0.duration = 1e300 }))
  }

  /// What is divided by is not zero.
  @Test func ratesAndChannelsAreThere() throws {
    #expect(Self.refuses(try Self.done { $0.sampleRate = 0 }))
    #expect(Self.refuses(try Self.done { $0.channels = 0 }))
  }

  /// Landmarks lie on a line of 32 bits.
  @Test func constellationsHaveALimit() throws {
    func header(_ samples: Int, _ frames: Int, _ sounding: Int) -> Message {
      .constellation(
        .init(samples: samples, frames: frames, soundingFrames: sounding, counts: [1]))
    }
    #expect(!Self.refuses(header(1 << 35, 1 << 27, 1 << 27)))
    #expect(Self.refuses(header(1 << 35 + 1, 1, 1)) && Self.refuses(header(.max, 1, 1)))
    #expect(Self.refuses(header(1, 1 << 27 + 1, 1)) && Self.refuses(header(1, 1, 1 << 27 + 1)))
    for time in [Int32.min, -65, .max] {
      var assembler = ConstellationAssembler(
        .init(samples: 1, frames: 1, soundingFrames: 1, counts: [1]))
      #expect(throws: MalformedFrame.self) {
        try assembler.take([Peak(time: time, frequency: 0, rank: 0)])
      }
    }
  }
}
