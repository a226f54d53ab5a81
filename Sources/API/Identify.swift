import Core
import SystemPackage

extension Wire {
  /// `POST /v1/identify` with a JSON body: a recording by its id or by a file that holds it.
  public struct IdentifyRequest: Hashable, Sendable, Codable {
    public var path: String?
    public var pathBase64: String?
    /// 64 hexadecimal digits.
    public var id: String?
    /// How many recordings may be heard in it, 1–1,000; 1 when absent.
    public var expect: Int?

    /// The recording that a seed names, whatever stretch of it is meant.
    public init(_ seed: Seed, expect: Int? = nil) {
      path = seed.path
      pathBase64 = seed.pathBase64
      id = seed.id
      self.expect = expect
    }

    public init(from decoder: any Decoder) throws {
      let container = try StrictContainer(decoder, keyedBy: CodingKeys.self)
      path = try container.optional(String.self, .path)
      pathBase64 = try container.optional(String.self, .pathBase64)
      id = try container.optional(String.self, .id)
      expect = try container.wholeNumber(.expect)
    }

    enum CodingKeys: String, CodingKey, CaseIterable {
      case path, id, expect
      case pathBase64 = "path_base64"
    }
  }

  /// What `POST /v1/identify` answers.
  public struct IdentifyAnswer: Hashable, Sendable, Codable {
    public var query: IdentifyEcho
    /// Why there is no result: `too short`, `silence` or `no match`.
    public var reason: String?
    /// The most certain first; with more than one expected, in the order in which they begin.
    public var results: [IdentifyResult]

    public init(query: IdentifyEcho, reason: String?, results: [IdentifyResult]) {
      self.query = query
      self.reason = reason
      self.results = results
    }
  }

  /// The question as it was understood: a file, a recording, or audio, which bears its id.
  public struct IdentifyEcho: Hashable, Sendable, Codable {
    public var path: String?
    public var pathBase64: String?
    /// 64 hexadecimal digits.
    public var id: String?
    public var expect: Int
    /// Seconds.
    public var duration: Double
    /// What the audio that came with the question is.
    public var audio: QueryAudio?

    public init(id: RecordingID, expect: Int, duration: Double, audio: QueryAudio? = nil) {
      self.id = id.description
      self.expect = expect
      self.duration = duration
      self.audio = audio
    }

    public init(path: FilePath, expect: Int, duration: Double) {
      let text = PathText(path)
      self.path = text.text
      pathBase64 = text.base64
      self.expect = expect
      self.duration = duration
    }

    enum CodingKeys: String, CodingKey {
      case path, id, expect, duration, audio
      case pathBase64 = "path_base64"
    }
  }

  /// A stretch of a query, in seconds.
  public struct Interval: Hashable, Sendable, Codable {
    public var from: Double
    public var to: Double

    public init(_ range: TimeRange) {
      from = range.from
      to = range.to
    }
  }

  /// A recording that is heard in a query.
  public struct IdentifyResult: Hashable, Sendable, Codable, WirePathHolder {
    /// The first of ``paths``.
    public var path: String
    public var pathBase64: String?
    /// Every online file that holds the recording, in the order of their bytes.
    public var paths: [String]
    /// Every path's bytes in base64, in the same order, if at least one is not UTF-8.
    public var pathsBase64: [String]?
    /// 64 hexadecimal digits.
    public var id: String
    /// The share of the query in which the recording is heard, 0–1.
    public var score: Double
    /// The recording's time, in seconds, at the query's time 0.
    public var offset: Double
    /// Above 1, the query runs faster than the recording.
    public var speed: Double
    /// A frequency in the query over the same one in the recording.
    public var pitch: Double
    /// Seconds of the query in which the recording is heard.
    public var matched: Double
    /// How probable it is that chance gives no match as good as this one in this library, 0–1.
    public var confidence: Double
    /// How many matches as good as this one chance would give in this library, on average. Tells
    /// surer from sure, where ``confidence`` is 1 for both.
    public var expectedFalseMatches: Double
    /// Where in the query it is heard.
    public var intervals: [Interval]
    /// The recording's length in seconds.
    public var duration: Double
    /// What the file at ``path`` says about itself.
    public var metadata: Metadata

    public init(
      path: FilePath, paths: [FilePath], id: RecordingID, score: Double, offset: Double,
      speed: Double, pitch: Double, matched: Double, confidence: Double,
      expectedFalseMatches: Double, intervals: [TimeRange], duration: Double, metadata: Metadata
    ) {
      let text = PathText(path)
      let lists = Wire.lists(paths)
      self.path = text.text
      pathBase64 = text.base64
      self.paths = lists.texts
      pathsBase64 = lists.base64
      self.id = id.description
      self.score = score
      self.offset = offset
      self.speed = speed
      self.pitch = pitch
      self.matched = matched
      self.confidence = confidence
      self.expectedFalseMatches = expectedFalseMatches
      self.intervals = intervals.map(Interval.init)
      self.duration = duration
      self.metadata = metadata
    }

    enum CodingKeys: String, CodingKey {
      case path, paths, id, score, offset, speed, pitch, matched, confidence, intervals, duration
      case metadata
      case expectedFalseMatches = "expected_false_matches"
      case pathBase64 = "path_base64"
      case pathsBase64 = "paths_base64"
    }
  }
}
