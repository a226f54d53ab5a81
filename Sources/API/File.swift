import Core
import SystemPackage

extension Wire {
  /// One file of the library.
  public struct File: Hashable, Sendable, Codable, WirePathHolder {
    public var path: String
    public var pathBase64: String?
    /// `pending`, `analysed`, `failed`, `skipped` or `offline`.
    public var state: FileEntry.State
    /// Bytes.
    public var size: Int64
    /// Last modification, in seconds since 1970.
    public var modified: Double
    /// When the file was first seen, in seconds since 1970.
    public var added: Double
    /// The recording that the file holds: 64 hexadecimal digits, once it is analysed.
    public var id: String?
    /// Length in seconds, once it is analysed.
    public var duration: Double?
    /// In libsndfile's words, once it is analysed.
    public var container: String?
    public var codec: String?
    /// What the file says about itself.
    public var metadata: Metadata
    /// Why the last analysis failed.
    public var failure: Failure?

    public init(_ entry: FileEntry) {
      let text = PathText(entry.path)
      path = text.text
      pathBase64 = text.base64
      state = entry.state
      size = entry.size
      modified = Double(entry.modified) / 1e9
      added = entry.added
      id = entry.recording?.description
      duration = entry.duration
      container = entry.container
      codec = entry.codec
      metadata = entry.metadata
      failure = entry.failure.map {
        Failure($0, count: entry.failureCount, retryAt: entry.retryAt)
      }
    }

    enum CodingKeys: String, CodingKey {
      case path, state, size, modified, added, id, duration, container, codec, metadata, failure
      case pathBase64 = "path_base64"
    }
  }

  /// Why a file has no analysis.
  public struct Failure: Hashable, Sendable, Codable {
    /// An `AnalysisFailure.Code`.
    public var code: String
    /// One line in plain words.
    public var message: String
    /// `afterChange` or `afterPause`.
    public var retry: String
    /// Analyses that failed in a row.
    public var count: Int
    /// When it is tried again, in seconds since 1970, if it is before the file changes.
    public var retryAt: Double?

    init(_ failure: AnalysisFailure, count: Int, retryAt: Double?) {
      code = failure.code.rawValue
      message = failure.message
      retry = failure.retry.rawValue
      self.count = count
      self.retryAt = retryAt
    }

    enum CodingKeys: String, CodingKey {
      case code, message, retry, count
      case retryAt = "retry_at"
    }
  }

  /// `GET /v1/files`.
  public struct Files: Hashable, Sendable, Codable {
    /// In the order of their paths' bytes.
    public var files: [File]
    /// Asks for the next page; absent on the last.
    public var cursor: String?

    public init(files: [File], cursor: String?) {
      self.files = files
      self.cursor = cursor
    }
  }
}
