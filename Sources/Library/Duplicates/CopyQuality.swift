import Core

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// How good a copy is, for telling which of several to keep: first that nothing is missing, neither at
/// its ends nor in pitch nor a channel, then that no codec has taken anything away, then how much of the
/// sound there is.
struct CopyQuality: Comparable {
  var isComplete: Bool
  /// Whether it has the sound's whole breadth: a telephone's WAV loses more than a codec.
  var isFull: Bool
  var isLossless: Bool
  var sampleRate: Int
  var channels: Int
  /// How many of the group run at its speed: the more, the likelier it's the right one.
  var atItsSpeed: Int
  /// Of its best file.
  var bitRate: Int

  static func < (a: Self, b: Self) -> Bool {
    a.values.lexicographicallyPrecedes(b.values)
  }

  private var values: [Int] {
    // Beyond its bit rate, a lossy copy's sample rate says nothing; and a lossless copy's bit rate
    // says little.
    let first = [isComplete ? 1 : 0, isFull ? 1 : 0, isLossless ? 1 : 0]
    guard !isLossless else { return first + [sampleRate, channels, atItsSpeed, bitRate] }
    return first + [bitRateStep, channels, sampleRate, atItsSpeed, bitRate]
  }

  /// Bit rates in steps of 5 %: files of one setting differ by less, if they differ.
  private var bitRateStep: Int { Int((log(Double(max(1, bitRate))) / log(1.05)).rounded()) }

  /// Codecs of libsndfile that give the samples back as they were, by how their names begin: PCM (also
  /// in FLAC), floating point, ALAC and the two that code differences without loss.
  private static let losslessCodecs = [
    "Signed", "Unsigned", "32 bit float", "64 bit float", "16 bit ALAC", "20 bit ALAC",
    "24 bit ALAC", "32 bit ALAC", "8 bit DPCM", "16 bit DPCM", "DWVW",
  ]

  static func isLossless(codec: String) -> Bool {
    losslessCodecs.contains { codec.hasPrefix($0) }
  }

  /// What there is in a group of copies.
  struct Group {
    /// Seconds in which the one that sounds longest does, at the speed of the others.
    var longest: Double
    /// The greatest sample rate and number of channels.
    var sampleRate: Int
    var channels: Int
  }

  /// - Parameters:
  ///   - recording: with at least one file.
  ///   - sounding: seconds in which it sounds, at the speed of the others.
  ///   - atItsSpeed: copies in the group that run as fast.
  init(_ recording: RecordingEntry, sounding: Double, atItsSpeed: Int, in group: Group) {
    isComplete = sounding >= group.longest - max(1, 0.01 * group.longest)
    // Samples that also come out of a lossy file are no better than that file.
    let codecs = recording.files.compactMap(\.codec) + [recording.facts.codec]
    isLossless = codecs.allSatisfy(Self.isLossless)
    sampleRate = recording.facts.sampleRate
    channels = recording.facts.channels
    let audible = Double(min(group.sampleRate, Self.audibleRate))
    isFull = Double(sampleRate) >= Self.leastOfRate * audible && channels >= group.channels
    self.atItsSpeed = atItsSpeed
    bitRate = recording.files.map { $0.bitRate(recording.facts) }.max() ?? 0
  }

  /// A greater rate has nothing more to hear …
  private static let audibleRate = 48_000
  /// … and 44,100 a second, or 32,000 beside those, is not much less; 22,050 is.
  private static let leastOfRate = 0.7
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
