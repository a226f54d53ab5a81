import SystemPackage

/// Why a file has no analysis: recorded on the file, shown by `hark list --failed`.
public struct AnalysisFailure: Error, Hashable, Sendable, Codable, CustomStringConvertible {
  /// What kind of failure this is; it decides when the file is tried again.
  public enum Code: String, Sendable, Codable, CaseIterable {
    /// Zero bytes.
    case empty
    /// No format that the decoder knows.
    case notAudio
    /// A format that is known by name and that the decoder cannot read (AAC, ALAC, WMA, …).
    case unsupported
    /// The decoder gave up before the first frame, or the header contradicts itself.
    case corrupt
    /// A valid file that holds no frames.
    case noFrames
    /// Every sample is NaN or infinite.
    case notFinite
    /// The rate is outside 4–384 kHz, or the channel count is out of range.
    case outOfRange
    /// A worker crashed on this file.
    case crashed
    /// A worker passed its time limit on this file.
    case timedOut
    /// A worker passed its memory limit on this file.
    case memoryLimit
    /// Somebody ended the workers that had this file: a person, or the kernel in need of memory.
    case killed
    /// EIO and its kin.
    case readError
    /// EACCES or EPERM.
    case permissionDenied
    /// The file changed while it was read.
    case changed
    /// The file went away before it could be read.
    case vanished
    /// The service cannot analyse now: no worker starts, or it is shutting down.
    case unavailable
  }

  /// When to try again.
  public enum Retry: String, Sendable, Codable {
    /// The content is at fault: when the file changes, or the decoder is newer.
    case afterChange
    /// The moment is at fault: after a pause that grows with every failure.
    case afterPause
  }

  public var code: Code
  /// One line in plain words: what is wrong, with the decoder's own message where it has one.
  public var message: String

  public init(_ code: Code, _ message: String) {
    self.code = code
    self.message = message
  }

  /// A crash or a time-out counts as content: trying it again at once would only repeat it.
  public var retry: Retry {
    switch code {
    case .empty, .notAudio, .unsupported, .corrupt, .noFrames, .notFinite, .outOfRange, .crashed,
      .timedOut, .memoryLimit:
      .afterChange
    case .killed, .readError, .permissionDenied, .changed, .vanished, .unavailable:
      .afterPause
    }
  }

  /// Whether it is the workers' alone, and says nothing of the audio.
  public var isOfWorkers: Bool { code == .unavailable || code == .killed }

  /// Whether a file of this name is simply not audio, and is skipped quietly rather than reported.
  /// One that is named as audio and is none is reported: somebody expects to find it.
  public func isSkipped(fileAt path: FilePath) -> Bool {
    guard code == .notAudio else { return false }
    return !Self.audioExtensions.contains(path.extension?.lowercased() ?? "")
  }

  /// Extensions of file names that promise audio.
  private static let audioExtensions: Set<String> = [
    "aac", "aif", "aifc", "aiff", "alac", "ape", "au", "caf", "dsf", "flac", "m4a", "mp2", "mp3",
    "mpc", "oga", "ogg", "opus", "rf64", "snd", "voc", "w64", "wav", "wma", "wv",
  ]

  public var description: String { "\(code.rawValue): \(message)" }
}
