import SystemPackage

/// What the library knows about one recording, with every file that holds it.
public struct RecordingEntry: Hashable, Sendable {
  /// One product that exists of the recording.
  public struct Product: Hashable, Sendable {
    public var model: ModelID
    public var precision: Precision
    /// Number of segments.
    public var segments: Int
    /// Whether the audio is shorter than one patch.
    public var isShort: Bool

    public init(model: ModelID, precision: Precision, segments: Int, isShort: Bool) {
      self.model = model
      self.precision = precision
      self.segments = segments
      self.isShort = isShort
    }
  }

  public var id: RecordingID
  public var facts: AudioFacts
  /// The decoder with which ``id`` was minted, such as `libsndfile-1.2.0`.
  public var decoder: String
  /// When it was first analysed, in seconds since 1970.
  public var added: Double
  /// In the order of their paths' bytes; empty while a recording outlives its last file.
  public var files: [FileEntry]
  public var products: [Product]

  public init(
    id: RecordingID, facts: AudioFacts, decoder: String, added: Double, files: [FileEntry],
    products: [Product]
  ) {
    self.id = id
    self.facts = facts
    self.decoder = decoder
    self.added = added
    self.files = files
    self.products = products
  }
}

/// Which recordings to list, oldest first.
public struct RecordingQuery: Hashable, Sendable {
  /// Only recordings with a file at or below this directory.
  public var under: FilePath?
  /// At most this many, 1–10,000.
  public var limit: Int
  /// Go on after this recording: the last page's ``Page/next``.
  public var after: RecordingKey?

  public init(under: FilePath? = nil, limit: Int = 100, after: RecordingKey? = nil) {
    self.under = under
    self.limit = limit
    self.after = after
  }
}
