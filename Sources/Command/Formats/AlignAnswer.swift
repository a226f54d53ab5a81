import API
import Core
import Fingerprint
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// What `hark align` found, as its `--json` writes it.
struct AlignAnswer: Encodable, Sendable {
  /// A file, with the bytes of a path that is not UTF-8.
  struct File: Encodable, Sendable {
    var path: String
    var pathBase64: String?
    /// From where on, and until where, the other is heard too.
    var interval: Wire.Interval?
    /// The stretches in between in which it is heard, in order of time.
    var intervals: [Wire.Interval]?

    init(_ path: FilePath) {
      let text = PathText(path)
      self.path = text.text
      pathBase64 = text.base64
    }

    enum CodingKeys: String, CodingKey {
      case path, interval, intervals
      case pathBase64 = "path_base64"
    }
  }

  var first: File
  var second: File
  /// Why there is no answer: `too short`, `silence` or `no match`.
  var reason: String?
  /// The second's time, in seconds, at the first's time 0, and its standard error.
  var offset: Double?
  var offsetError: Double?
  /// Seconds of the second that pass in one of the first, and its standard error.
  var speed: Double?
  var speedError: Double?
  /// ``speed`` above 1, in parts per million.
  var drift: Double?
  /// A frequency in the first over the same one in the second.
  var pitch: Double?
  /// How probable it is that chance gives no alignment as good as this, 0–1.
  var confidence: Double?

  init(first: FilePath, second: FilePath, _ result: Synchronisation.Result) {
    self.first = File(first)
    self.second = File(second)
    switch result {
    case .nothing(let why): reason = why.rawValue
    case .synchronised(let found):
      offset = found.offset
      offsetError = found.offsetError
      speed = found.speed
      speedError = found.speedError
      drift = found.drift
      pitch = found.pitch
      confidence = exp(-found.expectedFalseMatches)
      self.first.interval = Self.interval(found.first)
      self.second.interval = Self.interval(found.second)
      self.first.intervals = found.firstIntervals.compactMap(Self.interval)
      self.second.intervals = found.secondIntervals.compactMap(Self.interval)
    }
  }

  private static func interval(_ interval: Match.Interval) -> Wire.Interval? {
    (try? TimeRange(from: max(0, interval.from), to: interval.to)).map(Wire.Interval.init)
  }

  enum CodingKeys: String, CodingKey {
    case first, second, reason, offset, speed, drift, pitch, confidence
    case offsetError = "offset_error"
    case speedError = "speed_error"
  }
}
