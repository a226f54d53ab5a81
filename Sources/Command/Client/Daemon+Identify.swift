import API
import Core

extension Daemon {
  /// What recording an argument's sound is; a file that the library does not know is listened to.
  func identify(_ argument: SeedArgument, expect: Int?) async throws -> Wire.IdentifyAnswer {
    let bytes: [UInt8]
    switch try await resolve(argument) {
    case .known(let seed, _, _):
      bytes = try await post("/v1/identify", Wire.IdentifyRequest(seed, expect: expect))
    case .unknown(let file, let why):
      bytes = try await answer(to: Self.identification(expect), about: file, why: why)
    }
    return try WireJSON.decode(Wire.IdentifyAnswer.self, from: bytes)
  }

  /// What recording is arriving. Asks again and again while it arrives, where that can be known to be
  /// worth while, and stops at the first answer that is sure.
  func identify(
    _ audio: inout ArrivingAudio, expect: Int?
  ) async throws -> Wire.IdentifyAnswer {
    var (least, most) = (2.5, 2.5)
    while try await audio.receive(seconds: expect == nil ? least : nil, most: most) {
      do {
        let answer = try await identify(audio.bytes, expect: nil)
        if !answer.results.isEmpty { return answer.moved(by: audio.forgottenSeconds) }
      } catch let error as HarkError where error.code == .corrupt {
        // What has come may not be whole enough to be decoded; more of it may be.
      }
      (least, most) = ArrivingAudio.nextQuestion(after: audio.seconds ?? least)
    }
    guard !audio.bytes.isEmpty else {
      throw HarkError(.corrupt, "standard input is empty", remedy: "pipe audio into hark")
    }
    return try await identify(audio.bytes, expect: expect).moved(by: audio.forgottenSeconds)
  }

  private func identify(_ bytes: [UInt8], expect: Int?) async throws -> Wire.IdentifyAnswer {
    var request = Self.identification(expect)
    request.body = .audio(bytes)
    return try WireJSON.decode(Wire.IdentifyAnswer.self, from: try await answer(to: request))
  }

  private static func identification(_ expect: Int?) -> HTTPRequest {
    var request = HTTPRequest(.POST, "/v1/identify")
    request.add("expect", expect.map(String.init))
    return request
  }
}

extension Wire.IdentifyAnswer {
  /// The answer for audio that began so many seconds before what was asked about.
  fileprivate func moved(by seconds: Double) -> Self {
    guard seconds > 0 else { return self }
    var moved = self
    moved.query.duration += seconds
    for i in moved.results.indices {
      moved.results[i].offset -= seconds * moved.results[i].speed
      moved.results[i].score *= query.duration / moved.query.duration
      for j in moved.results[i].intervals.indices {
        moved.results[i].intervals[j].from += seconds
        moved.results[i].intervals[j].to += seconds
      }
    }
    return moved
  }
}
