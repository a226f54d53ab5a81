/// What decoding tells about a recording, besides its sound.
public struct AudioFacts: Hashable, Sendable, Codable {
  /// Length in seconds: `frames / sampleRate`.
  public var duration: Double
  /// Frames per second, 4,000–384,000.
  public var sampleRate: Int
  /// Channels, ≥ 1.
  public var channels: Int
  /// Frames that were decoded, which a damaged file's header may contradict.
  public var frames: Int64
  /// Container, in libsndfile's words: `WAV (Microsoft)`, `FLAC`, `OGG (OGG Container format)`.
  public var container: String
  /// Codec, in libsndfile's words: `Signed 16 bit PCM`, `Vorbis`, `MPEG Layer III`.
  public var codec: String
  /// Largest absolute sample before downmixing, full scale = 1; floating-point files may exceed it.
  public var peak: Double
  /// Integrated loudness of the 16 kHz mono downmix in LUFS (ITU-R BS.1770-4); `nil` when every
  /// block lies below the gate, as in silence.
  public var loudness: Double?
  /// Share of the duration, 0–1, whose 10 ms blocks stay below -60 dB of full scale.
  public var silenceShare: Double
  /// What was odd but not fatal, in plain words: truncation, samples that are not numbers.
  public var warnings: [String]

  public init(
    duration: Double, sampleRate: Int, channels: Int, frames: Int64, container: String,
    codec: String, peak: Double, loudness: Double?, silenceShare: Double, warnings: [String] = []
  ) {
    self.duration = duration
    self.sampleRate = sampleRate
    self.channels = channels
    self.frames = frames
    self.container = container
    self.codec = codec
    self.peak = peak
    self.loudness = loudness
    self.silenceShare = silenceShare
    self.warnings = warnings
  }
}

/// A file's own words about itself. They belong to the file, not to the recording.
public struct Metadata: Hashable, Sendable, Codable {
  public var title: String?
  public var artist: String?
  public var album: String?
  /// Track number as written, such as `3` or `3/12`.
  public var track: String?
  /// Date as written, such as `1997` or `1997-05-21`.
  public var date: String?

  public init(
    title: String? = nil, artist: String? = nil, album: String? = nil, track: String? = nil,
    date: String? = nil
  ) {
    self.title = title
    self.artist = artist
    self.album = album
    self.track = track
    self.date = date
  }

  /// Whether the file says nothing about itself.
  public var isEmpty: Bool { self == Metadata() }
}
