/// The one error that rooms throw to each other: what and where, the cause, and what to do.
///
/// Its ``Code`` maps to an exit status (sysexits(3)) and to an HTTP status, each in one place.
public struct HarkError: Error, Sendable, CustomStringConvertible {
  public enum Code: String, Sendable, CaseIterable {
    /// An argument or a request is malformed.
    case invalidArgument
    /// A setting is unknown or has a bad value.
    case invalidSetting
    /// A file, recording or route does not exist.
    case notFound
    /// It exists and may not be used.
    case permissionDenied
    /// Bytes that should be ours, or a model's, are damaged.
    case corrupt
    /// Written by a newer version of Hark.
    case newerVersion
    /// A format or feature that this build or machine does not have.
    case unsupported
    /// A file's audio cannot be analysed, now or later, until the file changes.
    case notAnalysable
    /// Another daemon holds the lock.
    case locked
    /// A body, a list or a file passes a limit.
    case tooLarge
    /// Not now: starting up, shutting down, no worker, offline.
    case unavailable
    /// The time limit passed.
    case timedOut
    /// No space, or a quota, is left.
    case noSpace
    /// A system call failed in another way.
    case system
    /// A defect in Hark.
    case defect
  }

  /// Where in the code the error was made.
  public struct Location: Sendable, Hashable {
    public var file: String
    public var line: Int
  }

  public var code: Code
  /// One line: what went wrong, and where (path, key, row).
  public var message: String
  /// One line: what the reader can do about it.
  public var remedy: String?
  /// What lies beneath, such as a system call's own words.
  public var cause: String?
  public var location: Location

  public init(
    _ code: Code, _ message: String, remedy: String? = nil, cause: String? = nil,
    file: String = #fileID, line: Int = #line
  ) {
    self.code = code
    self.message = message
    self.remedy = remedy
    self.cause = cause
    location = Location(file: file, line: line)
  }

  /// `what: cause; remedy` on one line.
  public var description: String {
    var text = message
    if let cause { text += ": \(cause)" }
    if let remedy { text += "; \(remedy)" }
    return text
  }
}
