import Core
import SystemPackage

/// Something that a check of the index files found.
public struct IndexProblem: Hashable, Sendable, CustomStringConvertible {
  public enum Kind: String, Sendable, CaseIterable {
    /// Rows refer to a file that does not exist.
    case missingFile
    /// The file cannot be opened, examined or read.
    case unreadable
    /// The header is damaged, or is another file's.
    case damagedHeader
    /// The file was written by a newer Hark.
    case newerVersion
    /// A recording's rows lie past the file's end.
    case outsideFile
    /// A recording's bytes do not have their checksum.
    case damagedRows
    /// The catalogue's ranges contradict each other.
    case contradiction
  }

  public var kind: Kind
  public var file: FilePath
  /// Whose rows are affected; `nil` where the whole file is.
  public var recording: RecordingKey?
  /// One line in plain words.
  public var message: String

  public var description: String { "\(file.escaped): \(message)" }
}
