import Core

/// How good a copy is, for telling which of several to keep: first that nothing is missing, then that no
/// codec has taken anything away, then how much of the sound there is.
struct CopyQuality: Comparable {
  var isComplete: Bool
  var isLossless: Bool
  var sampleRate: Int
  var channels: Int
  /// Of its best file.
  var bitRate: Int

  static func < (a: Self, b: Self) -> Bool {
    a.values.lexicographicallyPrecedes(b.values)
  }

  private var values: [Int] {
    // Beyond its bit rate, a lossy copy's sample rate says nothing.
    [isComplete ? 1 : 0, isLossless ? 1 : 0]
      + (isLossless ? [sampleRate, channels, bitRate] : [bitRate, channels, sampleRate])
  }

  /// Codecs of libsndfile that give the samples back as they were, by how their names begin: PCM (also
  /// in FLAC), floating point, ALAC and the two that code differences without loss.
  private static let losslessCodecs = [
    "Signed", "Unsigned", "32 bit float", "64 bit float", "16 bit ALAC", "20 bit ALAC",
    "24 bit ALAC", "32 bit ALAC", "8 bit DPCM", "16 bit DPCM", "DWVW",
  ]

  static func isLossless(codec: String) -> Bool {
    losslessCodecs.contains { codec.hasPrefix($0) }
  }

  /// - Parameters:
  ///   - recording: with at least one file.
  ///   - sounding: seconds in which it sounds, at the speed of the others.
  ///   - longest: the same of the one that sounds longest.
  init(_ recording: RecordingEntry, sounding: Double, longest: Double) {
    isComplete = sounding >= longest - max(1, 0.01 * longest)
    // Samples that also come out of a lossy file are no better than that file.
    let codecs = recording.files.compactMap(\.codec) + [recording.facts.codec]
    isLossless = codecs.allSatisfy(Self.isLossless)
    sampleRate = recording.facts.sampleRate
    channels = recording.facts.channels
    bitRate = recording.files.map { $0.bitRate(recording.facts) }.max() ?? 0
  }
}

extension RecordingEntry {
  /// Its files, the one to keep first: that which says more about itself, then the smaller one.
  var filesByWorth: [FileEntry] {
    files.sorted { a, b in
      let (wordsOfA, wordsOfB) = (a.metadata.wordCount, b.metadata.wordCount)
      guard wordsOfA == wordsOfB else { return wordsOfA > wordsOfB }
      guard a.size == b.size else { return a.size < b.size }
      return a.path.bytes.lexicographicallyPrecedes(b.path.bytes)
    }
  }

  /// Seconds in which it is not silent.
  var soundingSeconds: Double { facts.duration * (1 - facts.silenceShare) }
}

extension FileEntry {
  /// Bits a second of the whole file; 0 where nothing is known of its length.
  func bitRate(_ facts: AudioFacts) -> Int {
    // A sparse file of a single frame has more bits a second than an integer.
    facts.duration > 0 ? Int(min(1e15, (Double(size) * 8 / facts.duration).rounded())) : 0
  }
}

extension Metadata {
  /// How many things the file says about itself.
  var wordCount: Int { [title, artist, album, track, date].count { $0 != nil } }
}
