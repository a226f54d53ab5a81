import Core

extension Wire {
  /// A problem object (RFC 9457), the body of every answer that is an error.
  public struct Problem: Hashable, Sendable, Codable {
    /// The media type of problem objects.
    public static let mediaType = "application/problem+json"

    /// `urn:hark:problem:` and the ``code``.
    public var type: String
    /// What kind of problem it is, the same words for every occurrence.
    public var title: String
    /// The HTTP status.
    public var status: Int
    /// This occurrence: what went wrong, and where.
    public var detail: String
    /// A `HarkError.Code`, or an `AnalysisFailure.Code` for audio that cannot be analysed.
    public var code: String
    /// What to do about it.
    public var remedy: String?

    public init(title: String, status: Int, detail: String, code: String, remedy: String? = nil) {
      type = "urn:hark:problem:\(code)"
      self.title = title
      self.status = status
      self.detail = detail
      self.code = code
      self.remedy = remedy
    }

    public init(_ error: HarkError) {
      self.init(
        title: error.code.title, status: error.code.httpStatus,
        detail: error.cause.map { "\(error.message): \($0)" } ?? error.message,
        code: error.code.rawValue, remedy: error.remedy)
    }

    /// Audio that came with a request and cannot be analysed.
    public init(_ failure: AnalysisFailure) {
      if failure.isOfWorkers {
        self.init(HarkError(.unavailable, failure.message, remedy: "try again in a moment"))
      } else {
        self.init(
          title: "The audio cannot be analysed", status: 422, detail: failure.message,
          code: failure.code.rawValue)
      }
    }

    /// The error that a client throws for this problem: its code where it is one of ours, else
    /// what the status says.
    public var error: HarkError {
      HarkError(harkCode, detail, remedy: remedy)
    }

    private var harkCode: HarkError.Code {
      // The two sets of codes share names; 422 is for audio alone, and its own code for a file's.
      let known = HarkError.Code(rawValue: code)
      if status == 422 { return known == .notAnalysable ? .notAnalysable : .corrupt }
      return known ?? (status >= 500 ? .defect : .invalidArgument)
    }
  }
}

extension HarkError.Code {
  /// The HTTP status that stands for this code.
  public var httpStatus: Int {
    switch self {
    case .invalidArgument, .invalidSetting: 400
    case .permissionDenied: 403
    case .notFound: 404
    case .timedOut: 408
    case .locked: 409
    case .tooLarge: 413
    case .unsupported: 415
    case .notAnalysable: 422
    case .unavailable: 503
    case .noSpace: 507
    case .corrupt, .newerVersion, .system, .defect: 500
    }
  }

  /// The problem's title, the same for every occurrence.
  public var title: String {
    switch self {
    case .invalidArgument: "The request is malformed"
    case .invalidSetting: "A setting is wrong"
    case .notFound: "Not found"
    case .permissionDenied: "Not permitted"
    case .corrupt: "Stored data is damaged"
    case .newerVersion: "Written by a newer version"
    case .unsupported: "Not supported"
    case .notAnalysable: "The audio cannot be analysed"
    case .locked: "Locked by another process"
    case .tooLarge: "Too large"
    case .unavailable: "Not available now"
    case .timedOut: "Timed out"
    case .noSpace: "No space left"
    case .system: "A system call failed"
    case .defect: "A defect in Hark"
    }
  }
}
