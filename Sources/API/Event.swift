import Core
import SystemPackage

extension Wire {
  /// The `data` of one server-sent event of `GET /v1/events`; `event` repeats ``kind`` and `id`
  /// repeats ``number``. Which keys are there depends on the kind.
  public struct Event: Hashable, Sendable, Codable {
    public enum Kind: String, Sendable, Codable, CaseIterable {
      /// `path`, `id`, `new`: a file's recording is known and can be found from now on.
      case analysed
      /// `path`, `code`, `message`.
      case failed
      /// `path`, `previous_path`.
      case moved
      /// `path`.
      case removed
      /// `path`, `message`: a root or mount went away; its files are kept.
      case offline
      /// `path`: a root or mount is back.
      case online
      /// `pending`, `analysed`, `failed`: files in these states.
      case progress
      /// Every known file is analysed, failed or offline.
      case idle
    }

    public var kind: Kind
    /// Counts up from 1 since the daemon started; a gap means events that were lost.
    public var number: UInt64
    /// Seconds since 1970.
    public var time: Double
    public var path: String?
    public var pathBase64: String?
    public var previousPath: String?
    public var previousPathBase64: String?
    /// The recording: 64 hexadecimal digits.
    public var id: String?
    /// `false` where another file held the recording already, or the same file did.
    public var new: Bool?
    /// An `AnalysisFailure.Code`.
    public var code: String?
    public var message: String?
    public var pending: Int?
    public var analysed: Int?
    public var failed: Int?

    public init(_ kind: Kind, number: UInt64, time: Double) {
      self.kind = kind
      self.number = number
      self.time = time
    }

    /// The exact path.
    public var filePath: FilePath? {
      path.flatMap { PathText(text: $0, base64: pathBase64).path }
    }

    /// The exact previous path.
    public var previousFilePath: FilePath? {
      previousPath.flatMap { PathText(text: $0, base64: previousPathBase64).path }
    }

    /// Sets `path` and its companion.
    public mutating func setPath(_ path: FilePath) {
      let text = PathText(path)
      self.path = text.text
      pathBase64 = text.base64
    }

    /// Sets `previous_path` and its companion.
    public mutating func setPreviousPath(_ path: FilePath) {
      let text = PathText(path)
      previousPath = text.text
      previousPathBase64 = text.base64
    }

    enum CodingKeys: String, CodingKey {
      case kind, number, time, path, id, new, code, message, pending, analysed, failed
      case pathBase64 = "path_base64"
      case previousPath = "previous_path"
      case previousPathBase64 = "previous_path_base64"
    }
  }
}
