import Core
import SystemPackage

/// Which files of the library hold the same music.
public struct DuplicateAnswer: Hashable, Sendable {
  /// Recordings whose landmarks are compared, and how many of them have been.
  public var recordings: Int
  public var compared: Int
  /// In the order of their best files' paths; empty while the comparison goes on.
  public var groups: [Group]

  public init(recordings: Int, compared: Int, groups: [Group]) {
    self.recordings = recordings
    self.compared = compared
    self.groups = groups
  }

  public var isComplete: Bool { compared == recordings }

  /// Files that hold the same music, or a whole and its parts.
  public struct Group: Hashable, Sendable {
    /// The farthest of the files' relations to the best.
    public var relation: CopyRelation
    /// The best copy first, or the whole; then the closer relations before the farther ones.
    public var files: [File]

    public init(relation: CopyRelation, files: [File]) {
      self.relation = relation
      self.files = files
    }
  }

  /// One file of a group.
  public struct File: Hashable, Sendable {
    public var path: FilePath
    public var id: RecordingID
    /// What it is to the group's first file; `nil` for that one itself.
    public var correspondence: Correspondence?
    public var differences: [CopyDifference]
    /// Bytes.
    public var size: Int64
    /// Of the whole file, in bits a second.
    public var bitRate: Int
    public var container: String?
    public var codec: String?
    public var facts: AudioFacts
    public var metadata: Metadata

    public init(
      path: FilePath, id: RecordingID, correspondence: Correspondence?,
      differences: [CopyDifference], size: Int64, bitRate: Int, container: String?, codec: String?,
      facts: AudioFacts, metadata: Metadata
    ) {
      self.path = path
      self.id = id
      self.correspondence = correspondence
      self.differences = differences
      self.size = size
      self.bitRate = bitRate
      self.container = container
      self.codec = codec
      self.facts = facts
      self.metadata = metadata
    }
  }

  /// How a file's music lies in that of another.
  public struct Correspondence: Hashable, Sendable {
    public var relation: CopyRelation
    /// The other's time, in seconds, at this one's time 0.
    public var offset: Double
    /// Above 1, this one runs faster.
    public var speed: Double
    /// A frequency in this one over the same one in the other.
    public var pitch: Double
    /// Stretches of this one, in seconds, that the other has too, in order of time.
    public var intervals: [TimeRange]

    public init(
      relation: CopyRelation, offset: Double, speed: Double, pitch: Double, intervals: [TimeRange]
    ) {
      self.relation = relation
      self.offset = offset
      self.speed = speed
      self.pitch = pitch
      self.intervals = intervals
    }
  }
}
