import Core
import SystemPackage
import VectorIndex

/// The catalogue's name for one file; it survives renames.
public struct FileKey: Hashable, Sendable {
  public let rawValue: Int64

  public init(_ rawValue: Int64) { self.rawValue = rawValue }
}

/// A file as the file system shows it.
public struct ObservedFile: Hashable, Sendable {
  /// Absolute path.
  public var path: FilePath
  /// Bytes.
  public var size: Int64
  /// Last modification in nanoseconds since 1970.
  public var modified: Int64
  public var device: UInt64
  public var inode: UInt64

  public init(path: FilePath, size: Int64, modified: Int64, device: UInt64, inode: UInt64) {
    self.path = path
    self.size = size
    self.modified = modified
    self.device = device
    self.inode = inode
  }
}

/// A file that waits for an analysis.
public struct WorkItem: Hashable, Sendable {
  public var file: FileKey
  public var path: FilePath
  public var size: Int64
  public var modified: Int64
  /// The recording that it held before it changed, if any.
  public var recording: RecordingKey?
  /// Whether its samples may be known already, so that hashing them first may spare the network.
  public var isPerhapsKnown: Bool
}

/// What analysis makes of a recording: embeddings by model, or landmarks by the version of the
/// fingerprint's parameters.
public enum ProductKind: Hashable, Sendable {
  case embeddings(ModelID)
  case landmarks(version: Int)
}

extension ProductKind: CustomStringConvertible {
  /// As a log names it.
  public var description: String {
    switch self {
    case .embeddings(let model): "model \(model.short)"
    case .landmarks(let version): "landmarks \(version)"
    }
  }
}

/// A recording whose product is missing, with a file to make it from.
public struct MissingProduct: Hashable, Sendable {
  public var recording: RecordingKey
  public var file: FileKey
  public var path: FilePath
  public var size: Int64
  public var modified: Int64
}

/// A product that is on the disk and waits for a transaction that refers to it.
public enum NewProduct: Hashable, Sendable {
  case embeddings(NewEmbeddings)
  case landmarks(version: Int, LandmarkRange)
}

/// Rows of one recording in the index files of one model.
public struct NewEmbeddings: Hashable, Sendable {
  public var model: ModelID
  public var precision: Precision
  public var isShort: Bool
  public var rows: AppendedRows

  public init(model: ModelID, precision: Precision, isShort: Bool, rows: AppendedRows) {
    self.model = model
    self.precision = precision
    self.isShort = isShort
    self.rows = rows
  }
}

/// What became of one file's analysis, to be recorded.
public enum AnalysisOutcome: Sendable {
  /// Its samples were analysed.
  case analysed(WorkItem, Analysis, [NewProduct])
  /// Its samples were hashed and are those of a recording that the library holds.
  case known(WorkItem, Analysis)
  /// It has no analysis.
  case failed(WorkItem, AnalysisFailure, decoder: String?)
  /// A missing product was made.
  case completed(MissingProduct, Analysis, [NewProduct])
}

/// What a recorded outcome changed.
public struct RecordedOutcome: Sendable {
  public enum Kind: Sendable {
    case analysed(RecordingID, isNew: Bool)
    case failed(AnalysisFailure)
    case completed
    /// The file changed or went away meanwhile; the outcome says nothing about it any more.
    case stale
  }

  public var path: FilePath
  public var kind: Kind
  /// The recording whose landmarks are now those of this outcome; `nil` where it brought none, or where
  /// others came first.
  public var landmarksOf: RecordingKey?
}

/// A recording as queries may see it.
public struct RecordingVisibility: Sendable {
  public var recording: RecordingKey
  /// Whether an online file holds it.
  public var isVisible: Bool
  /// Where its embeddings lie, by model; empty if the recording is gone.
  public var products: [ModelID: StoredRows]
  /// Where its landmarks lie, by version.
  public var landmarks: [Int: LandmarkRange]
}

/// A model that the catalogue knows.
public struct StoredModel: Hashable, Sendable {
  public enum Role: String, Sendable {
    case active, incoming, kept
  }

  public var id: ModelID
  public var info: ModelInfo
  public var role: Role
  /// The generation of its index files.
  public var generation: Int
}
