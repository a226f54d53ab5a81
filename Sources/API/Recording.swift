import Core

extension Wire {
  /// `GET /v1/recordings/{id}`, and an element of `GET /v1/recordings`.
  public struct Recording: Hashable, Sendable, Codable {
    /// 64 hexadecimal digits.
    public var id: String
    public var duration: Double
    /// Frames per second.
    public var sampleRate: Int
    public var channels: Int
    public var frames: Int64
    public var container: String
    public var codec: String
    /// Largest absolute sample, full scale = 1.
    public var peak: Double
    /// Integrated loudness of the mix to mono at 16 kHz, in LUFS; absent for silence, and for what is
    /// shorter than 0.4 s.
    public var loudness: Double?
    /// Share of the duration that is silent, 0–1.
    public var silenceShare: Double
    /// What was odd about the audio, but not fatal.
    public var warnings: [String]
    /// The decoder with which the id was minted.
    public var decoder: String
    /// When it was first analysed, in seconds since 1970.
    public var added: Double
    /// Every file that holds it, in the order of their paths' bytes.
    public var files: [File]
    public var products: [Product]

    public init(_ entry: RecordingEntry) {
      id = entry.id.description
      duration = entry.facts.duration
      sampleRate = entry.facts.sampleRate
      channels = entry.facts.channels
      frames = entry.facts.frames
      container = entry.facts.container
      codec = entry.facts.codec
      peak = entry.facts.peak
      loudness = entry.facts.loudness
      silenceShare = entry.facts.silenceShare
      warnings = entry.facts.warnings
      decoder = entry.decoder
      added = entry.added
      files = entry.files.map(File.init)
      products = entry.products.map(Product.init)
    }

    enum CodingKeys: String, CodingKey {
      case id, duration, channels, frames, container, codec, peak, loudness, warnings, decoder
      case added, files, products
      case sampleRate = "sample_rate"
      case silenceShare = "silence_share"
    }
  }

  /// One product that exists of a recording.
  public struct Product: Hashable, Sendable, Codable {
    /// The model's id: 64 hexadecimal digits.
    public var model: String
    /// `f32`, `bf16` or `int8`.
    public var precision: Precision
    public var segments: Int
    /// Whether the audio is shorter than one patch.
    public var short: Bool

    init(_ product: RecordingEntry.Product) {
      model = product.model.description
      precision = product.precision
      segments = product.segments
      short = product.isShort
    }
  }

  /// `GET /v1/recordings`.
  public struct Recordings: Hashable, Sendable, Codable {
    /// Oldest first.
    public var recordings: [Recording]
    /// Asks for the next page; absent on the last.
    public var cursor: String?

    public init(recordings: [Recording], cursor: String?) {
      self.recordings = recordings
      self.cursor = cursor
    }
  }
}
