import Core
import SystemPackage

/// Something that happened in the library, for those who listen.
public struct LibraryEvent: Hashable, Sendable {
  /// What happened.
  public enum Kind: Hashable, Sendable {
    /// A file's recording is known and can be found from now on. `isNew` is false where another
    /// file held it already, or the same file did.
    case analysed(FilePath, RecordingID, isNew: Bool)
    case failed(FilePath, AnalysisFailure)
    case moved(from: FilePath, to: FilePath)
    case removed(FilePath)
    /// A root or mount went away; its files are kept.
    case offline(FilePath, reason: String)
    case online(FilePath)
    /// How much is left: sent while it changes, about once a second at most.
    case progress(pending: Int, analysed: Int, failed: Int)
    /// Everything known is analysed, failed or offline.
    case idle
  }

  /// Counts up from 1 since the daemon started.
  public var number: UInt64
  /// Seconds since 1970.
  public var time: Double
  public var kind: Kind

  public init(number: UInt64, time: Double, kind: Kind) {
    self.number = number
    self.time = time
    self.kind = kind
  }
}
