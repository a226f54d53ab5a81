extension Wire {
  /// A model whose embeddings the library holds or makes.
  public struct Model: Hashable, Sendable, Codable {
    /// 64 hexadecimal digits.
    public var id: String
    public var name: String
    public var architecture: String
    /// `false` for weights that come from a seed and mean nothing.
    public var trained: Bool
    /// Licence of the weights.
    public var licence: String
    /// `active`, `incoming` or `kept`.
    public var role: String
    /// `f32`, `bf16` or `int8`; absent while no worker has loaded the model.
    public var precision: String?
    /// How many labels its tag head knows; 0 for a model that gives no tags.
    public var labels: Int
    /// Recordings that have its product.
    public var recordings: Int
    /// Segments that its index holds.
    public var segments: Int

    public init(
      id: String, name: String, architecture: String, trained: Bool, licence: String, role: String,
      precision: String?, labels: Int, recordings: Int, segments: Int
    ) {
      self.id = id
      self.name = name
      self.architecture = architecture
      self.trained = trained
      self.licence = licence
      self.role = role
      self.precision = precision
      self.labels = labels
      self.recordings = recordings
      self.segments = segments
    }
  }

  /// A worker process.
  public struct Worker: Hashable, Sendable, Codable {
    /// 0 while it is being started.
    public var pid: Int32
    /// `backlog` or `query`.
    public var lane: String
    /// `starting`, `idle`, `busy` or `stopped`.
    public var state: String
    /// What it works on.
    public var file: String?
    /// Seconds since it began with that file.
    public var seconds: Double?
    /// How often it was started again.
    public var restarts: Int

    public init(
      pid: Int32, lane: String, state: String, file: String?, seconds: Double?, restarts: Int
    ) {
      self.pid = pid
      self.lane = lane
      self.state = state
      self.file = file
      self.seconds = seconds
      self.restarts = restarts
    }
  }
}
