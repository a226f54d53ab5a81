import Core
import SystemPackage

extension Wire {
  /// What `GET /v1/duplicates` answers.
  public struct DuplicateAnswer: Hashable, Sendable, Codable {
    /// Recordings whose landmarks are compared.
    public var recordings: Int
    /// How many of them have been; where it is fewer, there are no groups yet.
    public var compared: Int
    /// How many groups there are; ``groups`` is one page of them.
    public var total: Int
    /// Copies, then wholes with their parts; each in the order of their first files' paths.
    public var groups: [DuplicateGroup]
    /// Asks for the next page; absent on the last.
    public var cursor: String?

    public init(
      recordings: Int, compared: Int, total: Int, groups: [DuplicateGroup], cursor: String?
    ) {
      self.recordings = recordings
      self.compared = compared
      self.total = total
      self.groups = groups
      self.cursor = cursor
    }

    public var isComplete: Bool { compared == recordings }
  }

  /// Files that hold the same music.
  public struct DuplicateGroup: Hashable, Sendable, Codable {
    /// The farthest of the files' relations to the best; with `contained in`, the first file is the whole
    /// and the others are its parts.
    public var relation: CopyRelation
    /// The best copy first; then the closer relations before the farther ones.
    public var files: [DuplicateFile]

    public init(relation: CopyRelation, files: [DuplicateFile]) {
      self.relation = relation
      self.files = files
    }
  }

  /// One file of a group.
  public struct DuplicateFile: Hashable, Sendable, Codable, WirePathHolder {
    public var path: String
    public var pathBase64: String?
    /// 64 hexadecimal digits.
    public var id: String
    /// Whether it is the copy to keep, or the whole: so it is for the first file alone.
    public var best: Bool
    /// What the file is to the best one; absent for that one itself, as are the next four.
    public var relation: CopyRelation?
    /// The best file's time, in seconds, at this one's time 0.
    public var offset: Double?
    /// Above 1, this file runs faster than the best.
    public var speed: Double?
    /// A frequency in this file over the same one in the best.
    public var pitch: Double?
    /// Stretches of this file that the best has too.
    public var intervals: [Interval]?
    /// In what it differs from the best.
    public var differs: [CopyDifference]
    /// Bytes.
    public var size: Int64
    /// Of the whole file, in bits a second.
    public var bitRate: Int
    /// Seconds.
    public var duration: Double
    public var sampleRate: Int
    public var channels: Int
    /// In libsndfile's words; absent for copies that an earlier version analysed.
    public var container: String?
    public var codec: String?
    /// Integrated loudness in LUFS; absent for silence.
    public var loudness: Double?
    public var metadata: Metadata

    public init(
      path: FilePath, id: RecordingID, best: Bool, differs: [CopyDifference], size: Int64,
      bitRate: Int, container: String?, codec: String?, facts: AudioFacts, metadata: Metadata
    ) {
      let text = PathText(path)
      self.path = text.text
      pathBase64 = text.base64
      self.id = id.description
      self.best = best
      self.differs = differs
      self.size = size
      self.bitRate = bitRate
      duration = facts.duration
      sampleRate = facts.sampleRate
      channels = facts.channels
      self.container = container
      self.codec = codec
      loudness = facts.loudness
      self.metadata = metadata
    }

    enum CodingKeys: String, CodingKey {
      case path, id, best, relation, offset, speed, pitch, intervals, differs, size, duration
      case channels, container, codec, loudness, metadata
      case pathBase64 = "path_base64"
      case bitRate = "bit_rate"
      case sampleRate = "sample_rate"
    }
  }
}
